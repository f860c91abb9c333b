"""Which names and texts are keys."""

from __future__ import annotations

import pytest

from tao_kfp import secrets


@pytest.mark.parametrize(
    "name",
    ["api_key", "key", "apiKey", "API_KEY", "ngc_api_key", "hf_token", "token", "accessToken", "password", "db_password", "passwd",
     "secret", "client_secret", "access_key", "secret_key", "credentials", "tao_key", "encryption_key", "private_key", "load_key", "api_keys", "tokens", "hf_token_1", "token_value", "apitoken", "ngckey", "license_key", "pwd"],
)  # fmt: skip
def test_a_name_that_means_a_key_is_one(name):
    assert secrets.names_a_key(name)


@pytest.mark.parametrize(
    "name",
    ["max_tokens", "token_type", "tokenizer", "monkey", "sort_key", "label_key", "image_key", "secret_name", "keyword", "num_keys",
     "train_num_gpus", "pretrained_model_name", "password_file", "keyboard", "turkey", "pad_token", "eos_token", "secret_version", "image_pull_secret", "credentials_mode", "author", "max_new_tokens", "prompt_tokens", "password_stdin", "no_password", "secret_manager", "use_auth_token"],
)  # fmt: skip
def test_a_name_that_only_looks_alike_is_none(name):
    assert not secrets.names_a_key(name)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("nvapi-0123456789abcdefXYZ", "an NVIDIA key"),
        ("curl -H 'Authorization: ghp_0123456789abcdefghijABCDEFGHIJ'", "a GitHub token"),
        ("hf_abcdefghijklmnopqrstuvwxyz", "a Hugging Face token"),
        ("sk-abcdefGHIJKL0123456789mnop", "an OpenAI key"),
        ("https://user:hunter2@example.com/x", "a password in an address"),
        ("https://example.com:8080/x@y", ""),
        ("AKIAIOSFODNN7EXAMPLE", "an AWS key"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("specs/train.cfg", ""),
        ("nvidia/tao/pretrained_classification:resnet18", ""),
    ],
)
def test_a_key_is_known_by_its_look(text, kind):
    assert secrets.key_in(text) == kind


def test_the_message_does_not_repeat_the_key():
    with pytest.raises(secrets.SecretError) as caught:
        secrets.check_value("nvapi-0123456789abcdefXYZ", "the parameter 'model'")
    assert "nvapi" not in str(caught.value)
