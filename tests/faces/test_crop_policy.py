import json

import pytest

from clef_mm.faces.crop_policy import POLICIES, CropPolicyError, get_policy

MTCNN = {'type': 'MTCNN', 'version': '1'}


def test_names_are_the_keys():
    assert {name: policy.name for name, policy in POLICIES.items()} == {
        name: name for name in POLICIES
    }


def test_jaa_nets_geometry_is_the_default_alignment():
    assert (POLICIES['aligned'].kind, POLICIES['aligned'].scale) == ('similarity', 2.9)
    assert POLICIES['aligned'].border == 128


@pytest.mark.parametrize('name', POLICIES)
def test_description_is_json_and_repeatable(name):
    described = get_policy(name).describe(MTCNN)
    assert json.loads(json.dumps(described)) == described
    assert described == get_policy(name).describe(MTCNN)


def test_hash_changes_with_every_setting():
    policies = [
        get_policy('aligned'),
        get_policy('box'),
        get_policy('aligned', size=200),
        get_policy('aligned', scale=2.0),
    ]
    hashes = {policy.describe(MTCNN)['hash'] for policy in policies}
    assert len(hashes) == 4
    assert policies[0].describe({**MTCNN, 'version': '2'})['hash'] not in hashes


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'name': 'aligend'}, "no crop policy 'aligend'.*aligned.*Known: aligned, "),
        ({'name': 'aligned', 'size': 8}, 'size 8 is not in 16 .. 2048 pixels'),
        ({'name': 'aligned', 'size': 0}, 'size 0 is not in'),
        ({'name': 'box', 'scale': 0.1}, 'scale 0.1 is not in'),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(CropPolicyError, match=message):
        get_policy(**arguments)


def test_whole_images_may_keep_their_size():
    assert get_policy('whole').size == 0
    assert get_policy('whole', size=64).size == 64
