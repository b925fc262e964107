"""The same UNets in PyTorch (training/pretrain.py), for comparison: peer.py forward|train NET BATCH RUNS prints JSON."""
import json, os, resource, sys, time
import torch
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "training"))
from pretrain import UNet

NETS = {
    "s64": (64, 64, [1, 2, 2, 4], 1, [16, 8]),
    "m128": (128, 64, [1, 1, 2, 2, 4], 1, [16, 8]),
    "adm256": (256, 128, [1, 1, 2, 2, 4, 4], 2, [16]),
}
what, net, batch, runs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(int(os.environ.get("THREADS", "2")))
size = NETS[net][0]
model = UNet(*NETS[net])
x, t = torch.full((batch, 3, size, size), 0.1), torch.full((batch,), 100)
noise = torch.randn_like(x)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=0) if what == "train" else None


def forward():
    with torch.inference_mode():
        model(x, t)


def step():
    optimizer.zero_grad(set_to_none=True)
    torch.nn.functional.mse_loss(model(x, t), noise).backward()
    optimizer.step()


run = step if what == "train" else forward
run()
times = []
for _ in range(runs):
    start = time.perf_counter()
    run()
    times.append((time.perf_counter() - start) * 1e3)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"ms": times, "peakMB": peak, "version": torch.__version__}))
