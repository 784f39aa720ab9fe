"""Tags of open_clip: found on this machine, or an answer within seconds."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import huggingface_hub
import open_clip
import pytest
import torch

from clef_mm.models.encoders import OpenCLIPImageEncoder, open_clip_tags
from clef_mm.models.encoders.weights import WeightsError, read_file

TAG = 'open_clip:ViT-B-16-quickgelu/openai'
HUB_FILE = ('timm/vit_base_patch16_clip_224.openai', 'open_clip_model.safetensors')


@pytest.fixture(autouse=True)
def _no_network(tmp_path, monkeypatch):
    """An empty folder, no cache, and a hub that is a closed port of this machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        huggingface_hub, 'try_to_load_from_cache', lambda repository, file: None
    )
    monkeypatch.setattr(
        huggingface_hub,
        'hf_hub_url',
        lambda repository, file: f'http://127.0.0.1:1/{repository}/{file}',
    )
    monkeypatch.setattr(open_clip, 'download_pretrained', None)  # calling it fails
    for name in ('http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'):
        monkeypatch.delenv(name, raising=False)


def test_a_tag_is_no_path():
    assert open_clip_tags.is_tag(TAG)
    assert not open_clip_tags.is_tag('weights/open_clip/x.pth')
    assert not open_clip_tags.is_tag('work_dirs/demo')


def test_a_file_put_by_hand_is_taken(arch):
    pair = open_clip.CLIP(**arch)
    path = Path('weights/open_clip/ViT-B-16-quickgelu_openai.pt')
    path.parent.mkdir(parents=True)
    torch.save(pair.state_dict(), path)
    encoder = OpenCLIPImageEncoder(arch)
    encoder.load(read_file(TAG), TAG)
    assert torch.equal(encoder.tower.proj, pair.visual.proj)


def test_a_tag_knows_its_activation(arch):
    Path('weights/open_clip').mkdir(parents=True)
    state = open_clip.CLIP(**arch).state_dict()
    for name in ('ViT-B-16_openai', 'ViT-B-16_laion2b_s34b_b88k'):
        torch.save(state, f'weights/open_clip/{name}.bin')
    with pytest.raises(WeightsError, match='was trained with GELU, this tower has Q'):
        OpenCLIPImageEncoder(arch).load(
            read_file('open_clip:ViT-B-16/laion2b_s34b_b88k'), 'laion'
        )
    arch['quick_gelu'] = False
    with pytest.raises(WeightsError, match='was trained with QuickGELU, this tower'):
        OpenCLIPImageEncoder(arch).load(read_file('open_clip:ViT-B-16/openai'), 'oai')


def test_the_cache_of_the_hub_is_looked_into(tmp_path, monkeypatch):
    torch.save({'visual.proj': torch.ones(1)}, tmp_path / 'cached.bin')
    asked = []

    def cached(repository, file):
        asked.append((repository, file))
        return str(tmp_path / 'cached.bin') if file.endswith('.bin') else None

    monkeypatch.setattr(huggingface_hub, 'try_to_load_from_cache', cached)
    assert open_clip_tags.locate(TAG) == tmp_path / 'cached.bin'
    assert asked[0] == HUB_FILE


def test_without_a_network_the_file_and_its_place_are_named():
    start = time.perf_counter()
    with pytest.raises(WeightsError) as caught:
        read_file(TAG)
    assert time.perf_counter() - start < 5
    message = str(caught.value)
    assert TAG in message
    assert '/'.join(HUB_FILE) in message
    assert message.endswith(
        'put it at weights/open_clip/ViT-B-16-quickgelu_openai.safetensors'
    )


@pytest.mark.parametrize('silent', ['server', 'name server'])
def test_a_network_that_never_answers_is_given_up(monkeypatch, silent):
    monkeypatch.setattr(open_clip_tags, '_SECONDS', 0.3)
    done = threading.Event()
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
        url = f'http://127.0.0.1:{port}/x'
        monkeypatch.setattr(huggingface_hub, 'hf_hub_url', lambda *_: url)
        if silent == 'name server':
            monkeypatch.setattr(
                'socket.getaddrinfo', lambda *_, **__: done.wait(30) and []
            )
        start = time.perf_counter()
        with pytest.raises(WeightsError, match=r'no answer within 0\.3 s|timed out'):
            read_file(TAG)
        assert time.perf_counter() - start < 5
    done.set()


class Server(BaseHTTPRequestHandler):
    """Answers what a test says."""

    answer = 404

    def do_HEAD(self):
        if self.answer:
            self.send_error(self.answer)
        else:
            self.wfile.write(b'no HTTP at all\r\n\r\n')

    def log_message(self, *arguments):
        pass


@pytest.mark.parametrize(
    ('answer', 'message'), [(404, 'tried'), (503, 'tried'), (0, 'no HTTP at all')]
)
def test_a_hub_without_this_file_has_been_reached(monkeypatch, answer, message):
    """Only some of the hub's models have the preferred file: open_clip tries both."""

    def download(entry):
        raise OSError('tried')

    monkeypatch.setattr(open_clip, 'download_pretrained', download)
    monkeypatch.setattr(Server, 'answer', answer)
    with HTTPServer(('127.0.0.1', 0), Server) as server:
        url = f'http://127.0.0.1:{server.server_port}/x'
        monkeypatch.setattr(huggingface_hub, 'hf_hub_url', lambda *_: url)
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(WeightsError, match=message):
            read_file(TAG)
        thread.join(10)


def test_offline_is_believed(monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, 'HF_HUB_OFFLINE', True)
    with pytest.raises(WeightsError, match='HF_HUB_OFFLINE is set'):
        read_file(TAG)


def test_with_a_network_open_clip_downloads(tmp_path, monkeypatch):
    torch.save({'visual.proj': torch.ones(1)}, tmp_path / 'new.bin')
    entries = []
    monkeypatch.setattr(open_clip_tags, '_unreachable', lambda url: '')
    monkeypatch.setattr(
        open_clip,
        'download_pretrained',
        lambda entry: entries.append(entry) or str(tmp_path / 'new.bin'),
    )
    assert read_file(TAG)['state_dict'].keys() == {'visual.proj'}
    assert entries == [open_clip.get_pretrained_cfg('ViT-B-16-quickgelu', 'openai')]


def test_a_download_that_breaks_off_says_where_to_put_the_file(monkeypatch):
    monkeypatch.setattr(open_clip_tags, '_unreachable', lambda url: '')

    def broken(entry):
        raise OSError('disk full')

    monkeypatch.setattr(open_clip, 'download_pretrained', broken)
    with pytest.raises(WeightsError, match=r'disk full.*put it at weights/open_clip/'):
        read_file(TAG)


@pytest.mark.parametrize(
    ('name', 'message'),
    [
        ('open_clip:ViT-B-16-quickgelu', r"a tag is 'open_clip:MODEL/TAG'"),
        ('open_clip:ViT-B-16/openia', "no weights 'openia' of ViT-B-16, only openai,"),
        ('open_clip:ViT-B-61/openai', r"a model 'ViT-B-61'; did you mean 'ViT-B-16'"),
    ],
)
def test_a_wrong_tag_names_the_right_ones(name, message):
    with pytest.raises(WeightsError, match=message):
        read_file(name)


def test_every_tag_has_a_file_on_the_hub():
    """What the message names must exist for all of them."""
    for model, tag in open_clip.list_pretrained():
        entry = open_clip.get_pretrained_cfg(model, tag)
        for repository, file in open_clip_tags._hub_files(entry):
            assert repository.count('/') == 1
            assert file
