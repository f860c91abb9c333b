"""Wrong pipelines, one mistake each, with the one line that a user reads."""

HEAD = "import tao_kfp as tao\nfrom typing import Literal, Optional\n"
CLAIM = '@tao.pipeline(name="p", workspace=tao.Claim("ws"))\n'

# name: (the script after HEAD, the line after "error: ")
BAD = {
    "a path outside the workspace": (
        CLAIM + "def p():\n    tao.TrainOp('train', network='classification', spec='/data/a.cfg', results='out')\n",
        "pipeline 'p', step 'train', argument 'spec', bad.py:5: the path '/data/a.cfg' is outside the workspace; "
        "give a path relative to the workspace, as in 'specs/train.cfg' (it is mounted at /mnt/workspace)",
    ),
    "a path that climbs out": (
        CLAIM + "def p():\n    tao.TrainOp('train', network='classification', spec='a.cfg', results='out/../../etc')\n",
        "pipeline 'p', step 'train', argument 'results', bad.py:5: the path 'out/../../etc' leads out of the workspace; "
        "give a path relative to the workspace, as in 'specs/train.cfg' (it is mounted at /mnt/workspace)",
    ),
    "a parameter whose default is outside": (
        CLAIM + "def p(spec: str = '/etc/passwd'):\n    tao.EvaluateOp('eval', network='classification', spec=spec)\n",
        "pipeline 'p', step 'eval', argument 'spec', bad.py:5: the path '/etc/passwd' is outside the workspace; "
        "give a path relative to the workspace, as in 'specs/train.cfg' (it is mounted at /mnt/workspace)",
    ),
    "a parameter whose default is absolute": (
        CLAIM + "def p(spec: str = '/mnt/workspace/a.cfg'):\n    tao.EvaluateOp('eval', network='classification', spec=spec)\n",
        "pipeline 'p', step 'eval', argument 'spec', bad.py:5: the run parameter in it has the absolute default "
        "'/mnt/workspace/a.cfg', but paths are joined to the workspace; make the text 'a.cfg', or give a parameter that holds the mount path the type tao.MountPath",
    ),
    "an empty path": (
        CLAIM + "def p():\n    tao.EvaluateOp('eval', network='classification', spec='')\n",
        "pipeline 'p', step 'eval', argument 'spec', bad.py:5: the path is empty; "
        "give a path relative to the workspace, as in 'specs/train.cfg' (it is mounted at /mnt/workspace)",
    ),
    "a home folder": (
        CLAIM + "def p():\n    tao.EvaluateOp('eval', network='classification', spec='~/a.cfg')\n",
        "pipeline 'p', step 'eval', argument 'spec', bad.py:5: the path '~/a.cfg' starts with '~', which nothing expands in a "
        "container; give a path relative to the workspace, as in 'specs/train.cfg' (it is mounted at /mnt/workspace)",
    ),
    "a checkpoint that no step writes": (
        CLAIM + "def p():\n    t = tao.TrainOp('train', network='classification', spec='a.cfg', results='out')\n"
        "    tao.PruneOp('prune', network='classification', model='output/weights/resnet_020.tlt', output='pruned.tlt').after(t)\n",
        "pipeline 'p', step 'prune', argument 'model', bad.py:6: no earlier step writes 'output/weights/resnet_020.tlt'; "
        "correct the path, or say tao.Existing(PATH) if it is in the workspace before the run",
    ),
    "a checkpoint of a step that need not have run": (
        CLAIM + "def p():\n    tao.TrainOp('train', network='classification', spec='a.cfg', results='out')\n"
        "    tao.PruneOp('prune', network='classification', model='out/weights/resnet_020.tlt', output='pruned.tlt')\n",
        "pipeline 'p', step 'prune', argument 'model', bad.py:6: 'out/weights/resnet_020.tlt' is written by 'train', which need "
        "not have run before; add .after() so that 'prune' runs after 'train'",
    ),
    "a task without a prune action": (
        CLAIM + "def p():\n    tao.PruneOp('prune', network='lprnet', model='a', output='b')\n",
        "pipeline 'p', step 'prune', bad.py:5: TAO 3.21.08 has no action 'prune' for lprnet; lprnet has evaluate, export, "
        "inference, train; prune exists for bpnet, classification, detectnet_v2, dssd, efficientdet, faster_rcnn, mask_rcnn, "
        "multitask_classification, retinanet, ssd, unet, yolo_v3, yolo_v4, yolo_v4_tiny",
    ),
    "a flag of another release": (
        CLAIM + "def p():\n    tao.TrainOp('train', network='classification', spec='a', results='b', flags={'--num_nodes': 2})\n",
        "pipeline 'p', step 'train', bad.py:5: TAO 3.21.08 has no flag '--num_nodes' for `classification train`; "
        "it has --num_processes, --gpus, --gpu_index, --use_amp, --log_file, -e, -r, -k, --init_epoch, -v, -c",
    ),
    "a network of another release": (
        CLAIM + "def p():\n    tao.TrainOp('train', network='dino', spec='a.yaml', results='b')\n",
        "pipeline 'p', step 'train', bad.py:5: TAO 3.21.08 has no network 'dino'; TAO 5.0, 5.3, 5.5, 6.0, 6.26, 7.1 has it: "
        "set the release to 7.1",
    ),
    "a misspelt network": (
        CLAIM + "def p():\n    tao.TrainOp('train', network='clasification', spec='a', results='b')\n",
        "pipeline 'p', step 'train', bad.py:5: TAO 3.21.08 has no network 'clasification'; did you mean 'classification'?",
    ),
    "an unknown release": (
        '@tao.pipeline(name="p", release="3.21")\ndef p():\n    tao.CommandOp("a", command="ls")\n',
        "pipeline 'p', bad.py:3: the catalogue has no TAO release '3.21'; it has 3.21.08, 3.22.05, 5.0, 5.3, 5.5, 6.0, 6.26, 7.1",
    ),
    "a value that a flag does not take": (
        CLAIM + "def p(threshold: str = 'high'):\n    tao.PruneOp('prune', network='classification', model=tao.Existing('a'), output='b', threshold=threshold)\n",
        "pipeline 'p', step 'prune', argument 'threshold', bad.py:5: -pth takes float and got 'high'",
    ),
    "a value that would be a flag": (
        CLAIM + "def p():\n    tao.InferenceOp('i', network='classification', spec='a', model=tao.Existing('m'), images='d', classmap=tao.Existing('c'), flags={'image': '-k'})\n",
        "pipeline 'p', step 'i', argument 'image', bad.py:5: '-k' would be read as another flag or as none; "
        "give a value that does not begin with '-'",
    ),
    "num_gpus beyond the limit": (
        CLAIM + "def p():\n    tao.TrainOp('train', network='classification', spec='a', results='b', num_gpus=4).set_gpu_limit(2)\n",
        "pipeline 'p', step 'train', argument 'num_gpus', bad.py:5: num_gpus can be 4, but the GPU limit can be 2; "
        "leave .set_gpu_limit() out: the limit is num_gpus",
    ),
    "a choice of num_gpus beyond the limit": (
        CLAIM + "def p(n: Literal[1, 8] = 1):\n    tao.TrainOp('train', network='classification', spec='a', results='b', num_gpus=n).set_gpu_limit(2)\n",
        "pipeline 'p', step 'train', argument 'num_gpus', bad.py:5: num_gpus can be 8, but the GPU limit can be 2; "
        "leave .set_gpu_limit() out: the limit is num_gpus",
    ),
    "no GPU for training": (
        CLAIM + "def p():\n    tao.TrainOp('train', network='classification', spec='a', results='b', num_gpus=0)\n",
        "pipeline 'p', step 'train', argument 'num_gpus', bad.py:5: TAO refuses to start this command without a GPU; ask for at least one",
    ),
    "half a GPU": (
        CLAIM + "def p():\n    tao.TrainOp('train', network='classification', spec='a', results='b', num_gpus=0.5)\n",
        "pipeline 'p', step 'train', argument 'gpus', bad.py:5: --gpus takes int and got '0.5'",
    ),
    "ReadWriteOnce with parallel branches": (
        '@tao.pipeline(name="p", workspace=tao.NewClaim("10Gi", modes=["ReadWriteOnce"]))\ndef p():\n'
        "    tao.CommandOp('a', command='ls')\n    tao.CommandOp('b', command='ls')\n",
        "pipeline 'p', step 'b', bad.py:6: 'a' and 'b' may run at the same time on two nodes, and the workspace is ReadWriteOnce; "
        "use ReadWriteMany, put one .after() the other, or bind the pipeline to one node with "
        "node_selector={'kubernetes.io/hostname': 'NODE'}",
    ),
    "a host path without a node": (
        '@tao.pipeline(name="p", workspace=tao.HostPath("/raid/ws"))\ndef p():\n    tao.CommandOp("a", command="ls")\n',
        "pipeline 'p', bad.py:3: HostPath('/raid/ws') does not say which node has the folder, so a step may run on one without it; "
        "add node_selector={'kubernetes.io/hostname': 'NODE'}, or any_node=True where every node has it",
    ),
    "a relative host path": (
        '@tao.pipeline(name="p", workspace=tao.HostPath("raid/ws", any_node=True))\ndef p():\n    tao.CommandOp("a", command="ls")\n',
        "pipeline 'p', bad.py:3: the host path 'raid/ws' is not absolute, or holds '..'; give a path such as '/raid/workspace'",
    ),
    "a claim name that cannot be": (
        '@tao.pipeline(name="p", workspace=tao.Claim("My_Claim"))\ndef p():\n    tao.CommandOp("a", command="ls")\n',
        "pipeline 'p', bad.py:3: 'My_Claim' cannot be the name of a claim; use lower-case letters, digits, '-' and '.', as in 'tao-workspace'",
    ),
    "a key as a parameter": (
        CLAIM + "def p(api_key: str = 'x'):\n    tao.CommandOp('a', command='ls')\n",
        "pipeline 'p', bad.py:3: the parameter 'api_key' would show a key on the screen and in the package; keep it in a Kubernetes "
        "secret and pass tao.SecretKey('SECRET', 'KEY', env='NAME'), see docs/secrets.md",
    ),
    "a token as a parameter": (
        CLAIM + "def p(hf_token: str = 'x'):\n    tao.CommandOp('a', command='ls')\n",
        "pipeline 'p', bad.py:3: the parameter 'hf_token' would show a key on the screen and in the package; keep it in a Kubernetes "
        "secret and pass tao.SecretKey('SECRET', 'KEY', env='NAME'), see docs/secrets.md",
    ),
    "a key as a default": (
        CLAIM + "def p(model: str = 'nvapi-abcdefghijklmnopqrstuv'):\n    tao.CommandOp('a', command='ls', arguments=model)\n",
        "pipeline 'p', bad.py:3: the parameter 'model' holds an NVIDIA key; keep it in a Kubernetes secret and pass "
        "tao.SecretKey('SECRET', 'KEY', env='NAME'), see docs/secrets.md",
    ),
    "a key in an environment variable": (
        CLAIM + "def p():\n    tao.CommandOp('a', command='ls').add_env_variable('WANDB_API_KEY', 'abc')\n",
        "pipeline 'p', step 'a', argument 'env', bad.py:5: the environment variable 'WANDB_API_KEY' would show a key on the screen and in "
        "the package; keep it in a Kubernetes secret and pass tao.SecretKey('SECRET', 'KEY', env='NAME'), see docs/secrets.md",
    ),
    "a key in the arguments": (
        CLAIM + "def p():\n    tao.CommandOp('a', command='classification', arguments=['evaluate', '-e', 'x', '-k', 'nvidia_tlt'])\n",
        "pipeline 'p', step 'a', argument '-k', bad.py:5: a key stands behind -k, where the screen and the package show it; "
        "write '$(TAO_KEY)', which the pipeline's secret fills, or a tao.SecretKey; see docs/secrets.md",
    ),
    "a parameter without a type": (
        CLAIM + "def p(epochs=3):\n    tao.CommandOp('a', command='ls')\n",
        "pipeline 'p', bad.py:3: the parameter 'epochs' has no type; write one, as in `epochs: str = ...`",
    ),
    "a parameter without a default": (
        CLAIM + "def p(epochs: int):\n    tao.CommandOp('a', command='ls')\n",
        "pipeline 'p', bad.py:3: the parameter 'epochs' has no default, so the Create Run screen would not start until somebody fills it; "
        "give one, as in `epochs: ... = VALUE`",
    ),
    "an optional parameter": (
        CLAIM + "def p(epochs: Optional[int] = None):\n    tao.CommandOp('a', command='ls')\n",
        "pipeline 'p', bad.py:3: the parameter 'epochs' has the type Optional[int], which no form has; use str, int, float, bool, list, "
        "dict or Literal[...]",
    ),
    "a default of another type": (
        CLAIM + "def p(epochs: int = '3'):\n    tao.CommandOp('a', command='ls')\n",
        "pipeline 'p', bad.py:3: the parameter 'epochs' is of type int and has the default '3'; give a default of that type",
    ),
    "a default that is no choice": (
        CLAIM + "def p(n: Literal[1, 2] = 4):\n    tao.CommandOp('a', command='ls')\n",
        "pipeline 'p', bad.py:3: the default 4 of 'n' is not among its choices 1, 2; make it one of them: the screen would show "
        "'Select a value' and the server refuse the run",
    ),
    "an empty choice": (
        CLAIM + "def p(n: Literal['', 'a'] = ''):\n    tao.CommandOp('a', command='ls')\n",
        "pipeline 'p', bad.py:3: an empty text is a choice of 'n'; name the choice, as in 'none': the screen shows nothing for it",
    ),
    "a default of several lines": (
        CLAIM + "def p(n: str = 'a\\nb'):\n    tao.CommandOp('a', command='ls')\n",
        "pipeline 'p', bad.py:3: the default of 'n' has several lines or a control character, and the form has one line; put the text "
        "into a file of the workspace and give its path",
    ),
    "a default that the kubelet would read": (
        CLAIM + "def p(n: str = '$(TAO_KEY)'):\n    tao.CommandOp('a', command='echo', arguments=n)\n",
        "pipeline 'p', bad.py:3: the default '$(TAO_KEY)' of 'n' holds '$(' or '$$', which Kubernetes would replace in the command; "
        "write it differently, or put it into a file of the workspace",
    ),
    "an if on a parameter": (
        CLAIM + "def p(n: int = 1):\n    if n:\n        tao.CommandOp('a', command='ls')\n",
        "pipeline 'p', bad.py:5: a truth test needs the value of 'n', which is known only at run time; use it as text, or make it an "
        "ordinary Python argument that is fixed when the package is built",
    ),
    "a comparison of a parameter": (
        CLAIM + "def p(n: int = 1):\n    x = n == 1\n",
        "pipeline 'p', bad.py:5: a comparison needs the value of 'n', which is known only at run time; use it as text, or make it an "
        "ordinary Python argument that is fixed when the package is built",
    ),
    "a number format of a parameter": (
        CLAIM + "def p(n: float = 1.0):\n    tao.CommandOp('a', command='echo', arguments=f'{n:.2f}')\n",
        "pipeline 'p', bad.py:5: the format '.2f' needs the value of 'n', which is known only at run time; use it as text, or make it an "
        "ordinary Python argument that is fixed when the package is built",
    ),
    "a parameter in upper case": (
        CLAIM + "def p(n: str = 'a'):\n    tao.CommandOp('a', command='echo', arguments=str(n).upper())\n",
        "pipeline 'p', step 'a', bad.py:5: the parameter 'N' belongs to another pipeline",
    ),
    "a step name twice": (
        CLAIM + "def p():\n    tao.CommandOp('Train model', command='ls')\n    tao.CommandOp('train-model', command='ls')\n",
        "pipeline 'p', step 'train-model', bad.py:6: there is a step of this name already, made at bad.py:5; give one of them another name",
    ),
    "a circle": (
        CLAIM + "def p():\n    a = tao.CommandOp('a', command='ls')\n    b = tao.CommandOp('b', command='ls').after(a)\n    a.after(b)\n",
        "pipeline 'p', bad.py:3: the steps wait for each other in a circle: a -> b -> a; take one .after() away",
    ),
    "a step after itself": (
        CLAIM + "def p():\n    a = tao.CommandOp('a', command='ls')\n    a.after(a)\n",
        "pipeline 'p', step 'a', bad.py:5: it comes after itself",
    ),
    "after a name": (
        CLAIM + "def p():\n    tao.CommandOp('a', command='ls').after('pull')\n",
        "pipeline 'p', step 'a', bad.py:5: .after() got 'pull'; give the op itself, as in .after(pull)",
    ),
    "an op outside a pipeline": (
        "op = tao.CommandOp('a', command='ls')\n",
        "bad.py:3: CommandOp('a') is made outside a pipeline; make it inside a function decorated with @tao.pipeline(...)",
    ),
    "a pipeline without steps": (
        CLAIM + "def p():\n    pass\n",
        "pipeline 'p', bad.py:3: it has no step; make at least one op in the function",
    ),
    "a wrong memory quantity": (
        CLAIM + "def p():\n    tao.CommandOp('a', command='ls').set_memory_limit('8 gigs')\n",
        "pipeline 'p', step 'a', argument 'memory', bad.py:5: '8 gigs' is no memory quantity; give a whole number with a unit, as in '16Gi' or '500M'",
    ),
    "a wrong CPU quantity": (
        CLAIM + "def p():\n    tao.CommandOp('a', command='ls').set_cpu_request('two')\n",
        "pipeline 'p', step 'a', argument 'cpu', bad.py:5: 'two' is no CPU quantity; give cores ('2', '0.5') or millicores ('500m')",
    ),
    "a wrong timeout": (
        CLAIM + "def p():\n    tao.CommandOp('a', command='ls').set_timeout('soon')\n",
        "pipeline 'p', step 'a', argument 'timeout', bad.py:5: 'soon' is no duration; give whole seconds, or '90s', '30m', '12h', '2d'",
    ),
    "a pull policy that is none": (
        CLAIM + "def p():\n    tao.CommandOp('a', command='ls').set_image_pull_policy('Sometimes')\n",
        "pipeline 'p', step 'a', bad.py:5: 'Sometimes' is no image pull policy; use Always, IfNotPresent, Never",
    ),
    "a cached TAO step": (
        CLAIM + "def p():\n    tao.EvaluateOp('a', network='classification', spec='s').set_caching_options(True)\n",
        "pipeline 'p', step 'a', bad.py:5: a cached TAO step would be skipped and write nothing to the workspace; leave caching off",
    ),
    "a mount without its volume": (
        CLAIM + "def p():\n    tao.CommandOp('a', command='ls').add_volume_mount({'name': 'data', 'mountPath': '/data'})\n",
        "pipeline 'p', step 'a', bad.py:5: it mounts the volume 'data', which it does not have; add it with .add_volume(...)",
    ),
    "None as an argument": (
        CLAIM + "def p():\n    tao.CommandOp('a', command='ls', arguments=['-l', None])\n",
        "pipeline 'p', step 'a', argument 'arguments', bad.py:5: None (NoneType) is not text; give a str, int, float, bool, path, "
        "run parameter or step output",
    ),
    "a list as one argument": (
        CLAIM + "def p():\n    tao.CommandOp('a', command='ls', arguments=[['-l', '-a']])\n",
        "pipeline 'p', step 'a', argument 'arguments', bad.py:5: ['-l', '-a'] (list) is not text; give a str, int, float, bool, path, "
        "run parameter or step output",
    ),
    "an output that is not there": (
        CLAIM + "def p():\n    a = tao.CommandOp('a', command='ls')\n    tao.CommandOp('b', command='echo', arguments=a.output)\n",
        "pipeline 'p', step 'a', bad.py:5: .output needs exactly one output, and it has 0; name its files with file_outputs={...}; to order steps, give the op itself",
    ),
    "an ordinary Python mistake": (
        CLAIM + "def p():\n    tao.CommandOp('a', command='ls')\n    undefined_name\n",
        "pipeline 'p', bad.py:6: NameError: name 'undefined_name' is not defined",
    ),
    "a Python syntax error": ("def p(:\n", "bad.py:3: it is not valid Python: invalid syntax"),
    "a script that fails": ("raise ValueError('no data')\n", "bad.py:3: ValueError: no data"),
    "a script without a pipeline": ("x = 1\n", "bad.py has no pipelines; decorate a function with @tao.pipeline(name=...)"),
    "int8 without calibration": (
        CLAIM + "def p():\n    tao.ExportOp('e', network='classification', model=tao.Existing('m'), output='o', precision='int8')\n",
        "pipeline 'p', step 'e', argument 'precision', bad.py:5: int8 needs calibration; give calibration_data and calibration_cache",
    ),
    "a volume with two sources": (
        CLAIM + "def p():\n    tao.CommandOp('a', command='ls').add_volume({'name': 'x', 'emptyDir': {}, 'secret': {'secretName': 's'}})\n",
        "pipeline 'p', step 'a', argument 'volume', bad.py:5: the volume 'x' has 2 sources; give one, such as empty_dir or secret",
    ),
    "a retry limit on total time": (
        CLAIM + "def p():\n    tao.CommandOp('a', command='ls').set_retry(2, backoff_max_duration='1h')\n",
        "pipeline 'p', step 'a', bad.py:5: backoff_max_duration counts from the start of the first attempt, so that a step longer than "
        "it is never tried again; leave it out; bound one attempt with .set_timeout()",
    ),
    "a system folder as the mount": (
        '@tao.pipeline(name="p", mount="/etc")\ndef p():\n    tao.CommandOp("a", command="ls")\n',
        "pipeline 'p', bad.py:3: the workspace cannot be mounted at '/etc'; use an absolute folder such as '/mnt/workspace'",
    ),
}  # fmt: skip

BAD |= {
    "outputs that would have one name on Argo": (
        CLAIM + "def p():\n    a = tao.ContainerOp('a', image='i', command='c', file_outputs={'b-value': '/tmp/v'})\n    ab = tao.ContainerOp('a-b', image='i', command='c', file_outputs={'value': '/tmp/v'})\n    tao.CommandOp('c', command='echo', arguments=[a.output, ab.output])\n",
        "pipeline 'p', step 'c', bad.py:7: the outputs of two steps would both be named 'a-b-value' on Argo; give one of the outputs another name",
    ),
    "a parameter inside a dict": (
        CLAIM + "def p(lr: float = 0.1):\n    tao.CommandOp('a', command='echo', arguments=[{'lr': lr}])\n",
        "pipeline 'p', step 'a', argument 'arguments', bad.py:5: {'lr': <Parameter lr>} cannot be written as JSON (Object of type Parameter is not JSON serializable); a run parameter cannot stand inside a dict: make the whole dict a parameter, or write the text",
    ),
    "a parameter inside json.dumps": (
        CLAIM + "def p(lr: float = 0.1):\n    import json\n    tao.CommandOp('a', command='echo', arguments=json.dumps({'lr': str(lr)}))\n",
        'pipeline \'p\', step \'a\', bad.py:6: the text \'{"lr": "\\\\u0000{lr}\\\\u0000"}\' holds a run parameter that json.dumps() or repr() has escaped; its value is known only at run time: write it into the finished text, as f\'{name}\'',
    ),
    "a parameter in an output's path": (
        CLAIM + "def p(n: str = 'a'):\n    tao.ContainerOp('a', image='i', command='c', file_outputs={'x': f'/tmp/{n}'})\n",
        "pipeline 'p', step 'a', argument 'file_outputs', bad.py:5: the output 'x' has the path '/tmp/{n}'; give a fixed absolute path in the container, as in '/tmp/value.txt'",
    ),
    "a brace before a parameter": (
        CLAIM + "def p(n: str = 'a'):\n    tao.CommandOp('a', command='echo', arguments='{' + n)\n",
        "pipeline 'p', step 'a', bad.py:5: a text of the step holds '{' before a run-time value, which Argo reads as '{{': '{'; put the text into a file of the workspace, or write the braces apart",
    ),
    "modes that are no list": (
        '@tao.pipeline(name="p", workspace=tao.NewClaim("1Gi", modes="ReadWriteMany"))\ndef p():\n    tao.ListOp("a")\n',
        "pipeline 'p', bad.py:3: modes='ReadWriteMany' is no list; write modes=['ReadWriteMany']",
    ),
    "a key in an ordinary container": (
        CLAIM + "def p():\n    tao.ContainerOp('a', image='i', command=['classification'], arguments=['train', '-k', 'nvidia_tlt'])\n",
        "pipeline 'p', step 'a', argument '-k', bad.py:5: a key stands behind -k, where the screen and the package show it; write '$(TAO_KEY)', which the pipeline's secret fills, or a tao.SecretKey; see docs/secrets.md",
    ),
    "a key in a shell script": (
        CLAIM + "def p():\n    tao.CommandOp('a', command=['sh', '-c'], arguments='classification train -k nvidia_tlt')\n",
        "pipeline 'p', step 'a', argument '-k', bad.py:5: a key stands behind -k, where the screen and the package show it; write '$(TAO_KEY)', which the pipeline's secret fills, or a tao.SecretKey; see docs/secrets.md",
    ),
    "a password behind its flag": (
        CLAIM + "def p():\n    tao.ContainerOp('a', image='i', command='login', arguments=['--password', 'hunter2'])\n",
        "pipeline 'p', step 'a', argument '--password', bad.py:5: a key stands behind --password, where the screen and the package show it; write '$(TAO_KEY)', which the pipeline's secret fills, or a tao.SecretKey; see docs/secrets.md",
    ),
    "a key inside a dict default": (
        CLAIM + "def p(options: dict = {'api_key': 'abc'}):\n    tao.ListOp('a')\n",
        "pipeline 'p', bad.py:3: in the parameter 'options', the entry 'api_key' would show a key on the screen and in the package; keep it in a Kubernetes secret and pass tao.SecretKey('SECRET', 'KEY', env='NAME'), see docs/secrets.md",
    ),
    "a key as an annotation": (
        CLAIM + "def p():\n    tao.ListOp('a').add_pod_annotation('api_key', 'abc')\n",
        "pipeline 'p', step 'a', argument 'pod_annotation', bad.py:5: the annotation 'api_key' would show a key on the screen and in the package; keep it in a Kubernetes secret and pass tao.SecretKey('SECRET', 'KEY', env='NAME'), see docs/secrets.md",
    ),
    "a key in a docstring": (
        CLAIM + 'def p():\n    """Use nvapi-abcdefghijklmnopqrstuv."""\n    tao.ListOp(\'a\')\n',
        "pipeline 'p', bad.py:3: the package holds an NVIDIA key; keep it in a Kubernetes secret and pass tao.SecretKey('SECRET', 'KEY', env='NAME'), see docs/secrets.md",
    ),
    "a secret in a label": (
        CLAIM + "def p():\n    s = tao.SecretKey('s', 'k', env='W')\n    tao.ListOp('a').add_env_variable(s).add_pod_label('a', s)\n",
        "pipeline 'p', step 'a', bad.py:6: the secret in $W stands where everybody can read it; use it in a command, an argument or a variable",
    ),
    "a superscript number of GPUs": (
        CLAIM + "def p():\n    tao.CommandOp('a', command='c').set_gpu_limit('²')\n",
        "pipeline 'p', step 'a', argument 'gpu_limit', bad.py:5: '²' is no number of GPUs; give a whole number, or a run parameter of type int",
    ),
    "a volume source that is no dict": (
        CLAIM + "def p():\n    tao.ListOp('a').add_volume({'name': 'x', 'emptyDir': 'yes'})\n",
        "pipeline 'p', step 'a', argument 'volume', bad.py:5: emptyDir of the volume 'x' is no dict; write its fields, or {} for none",
    ),
    "a volume source in the client's spelling": (
        CLAIM + "def p():\n    tao.ListOp('a').add_volume({'name': 'x', 'empty_dir': {}})\n",
        "pipeline 'p', step 'a', argument 'volume', bad.py:5: the volume 'x' has no field 'empty_dir'; did you mean 'emptyDir'?",
    ),
    "a toleration with an unknown operator": (
        CLAIM + "def p():\n    tao.ListOp('a').add_toleration({'key': 'a', 'operator': 'exists'})\n",
        "pipeline 'p', step 'a', argument 'toleration', bad.py:5: a toleration has the operator 'exists'; use Exists or Equal",
    ),
    "a node selector that is no label": (
        '@tao.pipeline(name="p", node_selector={"a b": "c"})\ndef p():\n    tao.ListOp("a")\n',
        "pipeline 'p', bad.py:3: 'a b' cannot be the name of a label; use letters, digits, '-', '_', '.', with an optional prefix as in 'nvidia.com/gpu.product'",
    ),
    "a node selector with a number": (
        '@tao.pipeline(name="p", node_selector={"a": 1})\ndef p():\n    tao.ListOp("a")\n',
        "pipeline 'p', bad.py:3: the label 'a' has the value 1; write it as text",
    ),
    "a key as plain text": (
        '@tao.pipeline(name="p", key="nvidia_tlt")\ndef p():\n    tao.ListOp("a")\n',
        "pipeline 'p', bad.py:3: key: its value is no SecretKey; see the docstring of tao.pipeline",
    ),
    "a variable with two sources": (
        CLAIM + "def p():\n    tao.ListOp('a').add_env_variable({'name': 'A', 'value': 'x', 'valueFrom': {'fieldRef': {}}})\n",
        "pipeline 'p', step 'a', argument 'env', bad.py:5: the variable 'A' has a value and a source; give one of them",
    ),
    "an unknown precision": (
        CLAIM + "def p():\n    tao.TrtConvertOp('a', model=tao.Existing('m'), output='o', layers='l', dims='d', precision='int4')\n",
        "pipeline 'p', step 'a', argument 'precision', bad.py:5: 'int4' is no precision; use fp32, fp16 or int8",
    ),
    "a parameter as the precision of an export": (
        CLAIM + "def p(n: str = 'fp16'):\n    tao.ExportOp('a', network='classification', model=tao.Existing('m'), output='o', precision=n)\n",
        "pipeline 'p', step 'a', argument 'precision', bad.py:5: <Parameter n> is no precision; use fp32, fp16, int8",
    ),
    "a criterion that TAO does not have": (
        CLAIM + "def p():\n    tao.PruneOp('a', network='classification', model=tao.Existing('m'), output='o', criterion='sum')\n",
        "pipeline 'p', step 'a', argument 'criterion', bad.py:5: -eq does not take 'sum'; use union, intersection, arithmetic_mean, geometric_mean",
    ),
    "a model name without a version": (
        CLAIM + "def p():\n    tao.PullOp('a', model='nvidia/tao/x', dest='models')\n",
        "pipeline 'p', step 'a', argument 'model', bad.py:5: 'nvidia/tao/x' is no model; write ORG/TEAM/NAME:VERSION",
    ),
    "a wrong regular expression": (
        CLAIM + "def p():\n    tao.ReadResultOp('a', file='x', pattern='(')\n",
        "pipeline 'p', step 'a', argument 'pattern', bad.py:5: the pattern '(' is no regular expression: missing ), unterminated subpattern at position 0",
    ),
    "a Triton version that is no number": (
        CLAIM + "def p():\n    tao.DeployOp('a', model=tao.Existing('m'), repository='r', model_name='n', version='latest')\n",
        "pipeline 'p', step 'a', argument 'version', bad.py:5: 'latest' is no version; give a whole number from 1",
    ),
    "an image that is empty by default": (
        CLAIM + "def p(n: str = ''):\n    tao.ContainerOp('a', image=n, command='c')\n",
        "pipeline 'p', step 'a', bad.py:5: '' is no image; give image='REGISTRY/NAME:TAG'",
    ),
    "an empty command": (
        CLAIM + "def p():\n    tao.CommandOp('a', command='')\n",
        "pipeline 'p', step 'a', argument 'command', bad.py:5: the command is empty; name the program",
    ),
    "an op as an argument": (
        CLAIM + "def p():\n    a = tao.ListOp('a')\n    tao.CommandOp('b', command='echo', arguments=[a])\n",
        "pipeline 'p', step 'b', argument 'arguments', bad.py:6: <ListOp 'a'> (ListOp) is not text; give a str, int, float, bool, path, run parameter or step output",
    ),
    "a pipeline without a name": (
        "@tao.pipeline\ndef p():\n    tao.ListOp('a')\n",
        'bad.py:3: it needs a name; write @tao.pipeline(name="my-pipeline") above a function',
    ),
    "a pipeline that is no function": (
        "@tao.pipeline(name='p')\nclass P:\n    pass\n",
        "pipeline 'p': it decorates 'P', which is no plain function; use def",
    ),
    "an async pipeline": (
        "@tao.pipeline(name='p')\nasync def p():\n    tao.ListOp('a')\n",
        "pipeline 'p': it decorates 'p', which is no plain function; use def",
    ),
    "a pipeline that ends the program": (
        CLAIM + 'def p():\n    raise SystemExit(3)\n',
        "pipeline 'p', bad.py:5: SystemExit: 3",
    ),
    "a script that compiles when it is imported": (
        CLAIM + "def p():\n    tao.ListOp('a')\np.compile(__file__)\n",
        'pipeline \'p\', bad.py:3: the file compiles its pipeline while it is imported; put .compile(...) under `if __name__ == "__main__":`',
    ),
    "a system folder as the workspace": (
        '@tao.pipeline(name="p", workspace=tao.HostPath("/etc/kubernetes", any_node=True))\ndef p():\n    tao.ListOp("a")\n',
        "pipeline 'p', bad.py:3: the host path '/etc/kubernetes' is the node's own; give a folder such as '/raid/workspace'",
    ),
    "a timeout of ages": (
        CLAIM + "def p():\n    tao.ListOp('a').set_timeout(10**30)\n",
        "pipeline 'p', step 'a', argument 'timeout', bad.py:5: 1000000000000000000000000000000 is no duration; give whole seconds, or '90s', '30m', '12h', '2d'",
    ),
    "not a number in a default": (
        CLAIM + "def p(n: dict = {'a': float('nan')}):\n    tao.ListOp('a')\n",
        "pipeline 'p', bad.py:3: the default of 'n' cannot be written as JSON; use text, numbers, booleans, lists and dicts",
    ),
}  # fmt: skip
