"""Build the classification pipeline: `python tao_pipeline.py` writes tao_pipeline.tar.gz beside this file.

`python tao_pipeline.py --help` lists the options: target, workspace, parameters, images.
"""

from tao_kfp.pipelines.classification import classification

if __name__ == "__main__":
    classification.compile(__file__)
