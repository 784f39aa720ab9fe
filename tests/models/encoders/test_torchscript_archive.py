"""Archives as OpenAI released CLIP in: torch.jit.load's tensors, and no code run."""

import io
import os
import pickle
import zipfile

import open_clip
import pytest
import torch
from torch import nn

from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder
from clef_mm.models.encoders.torchscript_archive import is_archive, read_state_dict
from clef_mm.models.encoders.weights import WeightsError, read_file

pytestmark = [
    pytest.mark.filterwarnings('ignore:.*torch.jit.*:FutureWarning'),
    pytest.mark.filterwarnings('ignore::torch.jit.TracerWarning'),
]

# open_clip's reader of these files takes heads to be 64 wide.
ARCH = {
    'embed_dim': 16,
    'quick_gelu': True,
    'vision_cfg': {'image_size': 16, 'patch_size': 8, 'layers': 2, 'width': 64},
    'text_cfg': {
        'context_length': 77,
        'vocab_size': 49408,
        'width': 64,
        'heads': 1,
        'layers': 1,
    },
}
TEXTS = ['a photo of a face', 'smile']


class OpenAI(nn.Module):
    """open_clip's pair with the three sizes that OpenAI's archives hold as buffers."""

    def __init__(self, pair):
        super().__init__()
        for name in ('visual', 'transformer', 'token_embedding', 'ln_final'):
            setattr(self, name, getattr(pair, name))
        for name in ('positional_embedding', 'text_projection', 'logit_scale'):
            setattr(self, name, getattr(pair, name))
        self.mask = pair.attn_mask  # an attribute, no weight
        for name in ('input_resolution', 'context_length', 'vocab_size'):
            self.register_buffer(name, torch.tensor(16))

    def forward(self, images, ids):
        tokens = self.token_embedding(ids) + self.positional_embedding
        tokens = self.transformer(tokens, attn_mask=self.mask)
        texts = self.ln_final(tokens)[:, -1] @ self.text_projection
        return self.visual(images), texts, self.logit_scale


@pytest.fixture(scope='module')
def archive(tmp_path_factory):
    """A traced pair in half precision, as OpenAI's."""
    torch.manual_seed(7)
    path = tmp_path_factory.mktemp('openai') / 'ViT-B-16.pt'
    model = OpenAI(open_clip.CLIP(**ARCH)).eval()
    inputs = (torch.zeros(1, 3, 16, 16), torch.zeros(1, 77, dtype=torch.int64))
    traced = torch.jit.trace(model, inputs)
    for parameter in traced.parameters():
        parameter.data = parameter.data.half()
    torch.jit.save(traced, path)
    return path


def test_the_state_is_that_of_torchs_own_loader(archive):
    expected = torch.jit.load(archive).state_dict()
    state = read_state_dict(archive)
    assert state.keys() == expected.keys()
    assert {'input_resolution', 'logit_scale', 'visual.proj'} <= state.keys()
    assert 'mask' not in state
    for key, value in state.items():
        assert value.dtype == expected[key].dtype
        assert torch.equal(value, expected[key]), key


def test_features_are_those_of_open_clips_own_reader(archive):
    theirs = open_clip.load_openai_model(str(archive), precision='fp32', device='cpu')
    content = read_file(archive)
    images, texts = OpenCLIPImageEncoder(ARCH), OpenCLIPTextEncoder(ARCH)
    images.load(content, 'ViT-B-16.pt')
    texts.load(content, 'ViT-B-16.pt')
    faces = torch.randn(2, 3, 16, 16)
    tokens = open_clip.SimpleTokenizer(context_length=77)(TEXTS)
    with torch.no_grad():
        assert torch.equal(images.eval()(faces), theirs.encode_image(faces))
        torch.testing.assert_close(
            texts.eval().encode(TEXTS), theirs.encode_text(tokens)
        )


def test_its_activation_is_known(archive):
    gelu = {**ARCH, 'quick_gelu': False}
    with pytest.raises(WeightsError, match='was trained with QuickGELU'):
        OpenCLIPImageEncoder(gelu).load(read_file(archive), 'ViT-B-16.pt')


@pytest.mark.parametrize('dtype', [torch.float64, torch.bfloat16, torch.uint8])
def test_dtypes_empty_tensors_and_views(tmp_path, dtype):
    class Holder(nn.Module):
        def __init__(self):
            super().__init__()
            whole = torch.arange(12).reshape(3, 4).to(dtype)
            self.register_buffer('whole', whole)
            self.register_buffer('column', whole[:, 1])
            self.register_buffer('turned', whole.T)
            self.register_buffer('empty', torch.empty(0, 3, dtype=dtype))

        def forward(self):
            return self.whole

    torch.jit.save(torch.jit.script(Holder()), tmp_path / 'held.pt')
    state = read_state_dict(tmp_path / 'held.pt')
    expected = torch.jit.load(tmp_path / 'held.pt').state_dict()
    assert state.keys() == expected.keys()
    for key, value in state.items():
        assert value.dtype == dtype
        assert torch.equal(value, expected[key]), key


def test_only_archives_are_taken_for_one(tmp_path, archive):
    torch.save({'a': torch.ones(1)}, tmp_path / 'plain.pth')
    torch.save(
        {'a': torch.ones(1)},
        tmp_path / 'old.pth',
        _use_new_zipfile_serialization=False,
    )
    (tmp_path / 'page.pt').write_text('<html>')
    assert is_archive(archive)
    for name in ('plain.pth', 'old.pth', 'page.pt'):
        assert not is_archive(tmp_path / name)


# Hostile and damaged archives


def rewritten(source, target, change=None, compress=zipfile.ZIP_STORED):
    """Copy an archive part by part; ``change`` maps the end of a name to new bytes."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, 'w', compress) as new:
        for name in old.namelist():
            data = old.read(name)
            for end, replace in (change or {}).items():
                if name.endswith(end):
                    data = replace(data)
            new.writestr(name, data)
    return target


class Caller:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    ('function', 'named'),
    [
        (os.mkdir, r'mkdir'),
        (eval, r'\w+\.eval'),
        (getattr, r'\w+\.getattr'),
        (torch.load, r'torch\.serialization\.load'),
        (torch.jit.load, r'torch\.jit\._serialization\.load'),
    ],
)
def test_a_pickle_that_asks_for_a_function_is_refused(
    tmp_path, archive, function, named
):
    mark = tmp_path / 'it_ran'
    evil = pickle.dumps(Caller(function, str(mark)), protocol=2)
    path = rewritten(archive, tmp_path / 'evil.pt', {'/data.pkl': lambda _: evil})
    with pytest.raises(
        WeightsError, match=rf'evil\.pt .*asks for .*{named}.*never run'
    ):
        read_file(path)
    assert not mark.exists()


def test_code_in_the_archive_is_not_run(tmp_path, capfd):
    """A module may say how it is restored; torch.jit.load runs that."""

    class Restored(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer('weight', torch.ones(2))

        def forward(self):
            return self.weight

        @torch.jit.export
        def __getstate__(self):
            return (self.weight, self.training)

        @torch.jit.export
        def __setstate__(self, state: tuple[torch.Tensor, bool]):
            print('IT RAN')
            self.weight = state[0]
            self.training = state[1]

    torch.jit.save(torch.jit.script(Restored()), tmp_path / 'restored.pt')
    with pytest.raises(WeightsError, match=r'restored\.pt .*restored by code'):
        read_file(tmp_path / 'restored.pt')
    assert 'IT RAN' not in capfd.readouterr().out
    torch.jit.load(tmp_path / 'restored.pt')
    assert 'IT RAN' in capfd.readouterr().out  # the file was a real threat


def test_records_of_a_pickle_do_nothing(tmp_path, archive):
    """Whatever is called or set up in a pickle stays a record of the wish."""
    wish = (
        b'\x80\x02c__torch__.os\nsystem\n(X\x07\x00\x00\x00echo hitR}('
        b'X\x01\x00\x00\x00ac__torch__\nX\n)\x81ub.'
    )
    path = rewritten(archive, tmp_path / 'wish.pt', {'/data.pkl': lambda _: wish})
    assert read_state_dict(path) == {}


def test_modules_that_hold_each_other_end(tmp_path, archive):
    """A module inside itself: endless for whoever walks it."""
    state = b''.join(
        b'X\x01\x00\x00\x00' + name + b'h\x01' for name in (b'a', b'b', b'c', b'd')
    )
    ring = b'\x80\x02c__torch__\nX\n)\x81q\x01}(' + state + b'ub.'
    path = rewritten(archive, tmp_path / 'ring.pt', {'/data.pkl': lambda _: ring})
    with pytest.raises(WeightsError, match='hold each other without end'):
        read_file(path)


def test_modules_shared_ever_more_often_end(tmp_path, archive):
    """Forty modules, each twice in the next: a million million names."""
    data = b'\x80\x02c__torch__\nX\nq\x00)\x81'
    for number in range(40):
        memo = b'q' + bytes([number + 1])
        inner = b'h' + bytes([number + 1])
        pair = b'X\x01\x00\x00\x00a' + inner + b'X\x01\x00\x00\x00b' + inner
        data += memo + b'0h\x00)\x81}(' + pair + b'ub'
    path = rewritten(
        archive, tmp_path / 'tree.pt', {'/data.pkl': lambda _: data + b'.'}
    )
    with pytest.raises(WeightsError, match='hold each other without end'):
        read_file(path)


def tensor_pickle(size, stride, offset=0):
    """A module whose only weight has these sizes over the storage '0'."""
    numbers = [b'K%c' % number if number < 256 else b'' for number in size]
    assert all(numbers)

    def entry(values):
        return b'(' + b''.join(b'J' + v.to_bytes(4, 'little') for v in values) + b't'

    return (
        b'\x80\x02c__torch__\nX\n)\x81}X\x01\x00\x00\x00wctorch._utils\n'
        b'_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n'
        b'X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQJ'
        + offset.to_bytes(4, 'little')
        + entry(size)
        + entry(stride)
        + b'\x89ccollections\nOrderedDict\n)RtRsb.'
    )


def small_archive(path, data):
    with zipfile.ZipFile(path, 'w') as file:
        file.writestr('x/data.pkl', data)
        file.writestr('x/constants.pkl', b'')
        file.writestr('x/data/0', torch.arange(4.0).numpy().tobytes())
    return path


def test_a_tensor_stays_within_its_storage(tmp_path):
    path = small_archive(tmp_path / 'a.pt', tensor_pickle((2, 2), (1, 2)))
    assert read_state_dict(path)['w'].tolist() == [[0, 2], [1, 3]]
    for number, (size, stride, offset) in enumerate(
        [((5,), (1,), 0), ((4,), (1,), 1), ((2,), (9,), 0), ((200, 200), (0, 0), 0)]
    ):
        bad = tmp_path / f'{number}.pt'
        small_archive(bad, tensor_pickle(size, stride, offset))
        with pytest.raises(WeightsError, match=rf'{number}\.pt'):
            read_file(bad)


def test_a_bomb_is_not_unpacked(tmp_path, archive):
    path = tmp_path / 'bomb.pt'
    rewritten(
        archive,
        path,
        {'/data.pkl': lambda _: b'0' * 10**7},
        zipfile.ZIP_DEFLATED,
    )
    with pytest.raises(WeightsError, match=r'data\.pkl is compressed'):
        read_file(path)


@pytest.mark.parametrize('share', [0.3, 0.9, 0.999])
def test_a_truncated_archive_is_refused(tmp_path, archive, share):
    whole = archive.read_bytes()
    path = tmp_path / 'cut.pt'
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(WeightsError, match=r'cut\.pt is no checkpoint'):
        read_file(path)


def test_a_missing_storage_is_refused(tmp_path, archive):
    buffer = io.BytesIO()
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(buffer, 'w') as new:
        for name in old.namelist():
            if not name.endswith('/data/3'):
                new.writestr(name, old.read(name))
    (tmp_path / 'hole.pt').write_bytes(buffer.getvalue())
    with pytest.raises(WeightsError, match=r'hole\.pt .*data/3'):
        read_file(tmp_path / 'hole.pt')
