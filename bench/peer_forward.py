"""The same UNets in PyTorch (training/pretrain.py), for comparison: peer_forward.py NET RUNS prints one line of JSON."""
import json, os, resource, sys, time
import torch
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "training"))
from pretrain import UNet

NETS = {
    "s64": (64, 64, [1, 2, 2, 4], 1, [16, 8]),
    "m128": (128, 64, [1, 1, 2, 2, 4], 1, [16, 8]),
    "adm256": (256, 128, [1, 1, 2, 2, 4, 4], 2, [16]),
}
net, runs = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(int(os.environ.get("THREADS", "2")))
size = NETS[net][0]
model = UNet(*NETS[net]).eval()
x, t = torch.full((1, 3, size, size), 0.1), torch.full((1,), 100)
times = []
with torch.inference_mode():
    model(x, t)
    for _ in range(runs):
        start = time.perf_counter()
        model(x, t)
        times.append((time.perf_counter() - start) * 1e3)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"ms": times, "peakMB": peak, "version": torch.__version__}))
