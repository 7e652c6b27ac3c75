"""votepipe/project/zips.py: what a function's zip holds, and when it is another."""

import hashlib
import re
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from votepipe.project import Project, checkout
from votepipe.project.zips import BuildError, build, packages, parts

ROOT = checkout(Path(__file__))
LIKE_A_SECRET = re.compile(
    rb"AKIA[0-9A-Z]{16}|xox[abps]-[0-9]|slack\.com/services/[A-Z0-9]{6}|-----BEGIN [A-Z ]*KEY"
)
ENRICHMENT, SLACK = "EnrichFunction", "SlackSink"


def wheel(folder: Path, name: str, tags: str = "py3-none-any", script: bool = False) -> Path:
    """Make an installable package whose one module has its name."""
    path = folder / f"{name}-1.0-{tags}.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(f"{name}.py", f"NAME = {name!r}\n")
        made.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        made.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tags}\n")
        if script:
            made.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{name} = {name}:main\n")
        made.writestr(f"{info}/RECORD", "")
    return path


def write(root: Path, files: dict[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A checkout with two sinks, one of them with a requirement of its own."""
    root = tmp_path / "small"
    write(
        root,
        {
            "votepipe/__init__.py": "",
            "votepipe/delivery/__init__.py": "",
            "votepipe/dev/cli.py": "",
            "votepipe/testing/kit.py": "",
            "votepipe/__pycache__/delivery.cpython-311.pyc": "",
            "sinks/__init__.py": "",
            "sinks/_shared.py": "",
            "sinks/requirements.txt": "",
            "sinks/chat.py": "",
            "sinks/pager/__init__.py": "",
            "sinks/pager/.notes": "",
            "sinks/pager/words.py": "",
            "sinks/pager/requirements.in": "beeper",
            "sinks/pager/requirements.txt": str(wheel(tmp_path, "beeper", script=True)),
            "enrichers/article.py": "",
            "enrichers/requirements.txt": "",
            "widgets.toml": "",
        },
    )
    return root


def files(folder: Path) -> set[str]:
    """The files below a folder, without those of installed packages' descriptions."""
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {name for name in found if ".dist-info/" not in name}


@pytest.fixture
def built(small: Path, tmp_path: Path) -> Any:
    """Build a function of the small checkout; returns the folder to be zipped."""

    def built(function: str, name: str = "artifacts") -> Path:
        build(function, tmp_path / name, small)
        return tmp_path / name

    return built


def test_the_enrichment_has_enrichers_and_widgets(built) -> None:
    assert files(built(ENRICHMENT)) == {
        "votepipe/__init__.py",
        "votepipe/delivery/__init__.py",
        "enrichers/article.py",
        "widgets.toml",
    }


def test_what_copies_the_pipe_s_dead_letters_has_the_library_alone(built) -> None:
    assert files(built("RecoverFunction")) == {
        "votepipe/__init__.py",
        "votepipe/delivery/__init__.py",
    }


def test_a_sink_has_its_own_module_and_what_sinks_share(built) -> None:
    assert files(built("ChatSink")) == {
        "votepipe/__init__.py",
        "votepipe/delivery/__init__.py",
        "sinks/__init__.py",
        "sinks/_shared.py",
        "sinks/chat.py",
    }


@pytest.mark.slow  # pip installs
def test_a_package_has_its_own_requirements_but_no_commands(built) -> None:
    assert files(built("PagerSink")) == {
        "votepipe/__init__.py",
        "votepipe/delivery/__init__.py",
        "sinks/__init__.py",
        "sinks/_shared.py",
        "sinks/pager/__init__.py",
        "sinks/pager/words.py",
        "beeper.py",
    }


@pytest.mark.slow  # pip installs
def test_what_lies_beside_the_code_is_in_no_zip(small: Path, built) -> None:
    secret = "https://hooks.example.com/" + "x" * 20
    places = (".env", "samconfig.toml", "sinks/.env", "sinks/pager/.env", "enrichers/.env",
              ".votepipe/values.json", "votepipe/dev/values.json", "values.json")  # fmt: skip
    write(small, dict.fromkeys(places, secret))

    folders = [built(each, each) for each in (ENRICHMENT, "ChatSink", "PagerSink")]

    texts = [path.read_bytes() for each in folders for path in each.rglob("*") if path.is_file()]
    assert texts
    assert [text for text in texts if secret.encode() in text] == []


def test_widgets_that_are_not_toml_are_named_with_their_line(small: Path, built) -> None:
    (small / "widgets.toml").write_text("[blog]\naddress = https://blog.example.com\n")

    with pytest.raises(BuildError, match=r"^widgets\.toml is not TOML: .*\(at line 2, "):
        built(ENRICHMENT)


def test_every_mistake_in_widgets_is_named_at_once(small: Path, built) -> None:
    (small / "widgets.toml").write_text(
        '[blog]\naddress = "blog.example.com"\nquestions = 5\n[mail]\ntitle = "x"\n'
    )

    with pytest.raises(BuildError) as caught:
        built(ENRICHMENT)

    assert str(caught.value) == (
        "widgets.toml is not as it must be: blog.address: breaks 'pattern'; "
        "blog.questions: not an object; mail: breaks 'additionalProperties'. "
        "Compare schemas/widgets.v1.json."
    )


def test_a_function_without_a_module(small: Path) -> None:
    with pytest.raises(BuildError, match=r"no module for the function 'GoneSink'. Run: votepipe s"):
        parts("GoneSink", small)


@pytest.mark.slow  # pip installs
def test_a_subscriber_by_https_has_the_webhook_unless_a_sink_has_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "sinks"
    folder.mkdir()
    for name in ("webhook", "subscriber_list"):
        (folder / f"{name}.py").touch()

    found = [parts(name, tmp_path)[0] for name in ("SubscriberCrmSink", "SubscriberListSink")]

    assert found == [[folder / "webhook.py"], [folder / "subscriber_list.py"]]


def test_equal_sources_give_equal_files_and_times(small: Path, built) -> None:
    first = built("PagerSink", "first")
    (small / "sinks" / "pager" / "words.py").touch()
    second = built("PagerSink", "second")

    def facts(folder: Path) -> dict[str, tuple[float, str]]:
        return {
            str(path.relative_to(folder)): (
                path.stat().st_mtime,
                hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
            )
            for path in [folder, *folder.rglob("*")]
        }

    assert facts(first) == facts(second)


@pytest.mark.slow  # pip installs
def test_packages_are_installed_once_for_each_content(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(str(wheel(tmp_path, "beeper")))
    made = packages(requirements, tmp_path / "cache")
    (made / "mark").touch()

    again = packages(requirements, tmp_path / "cache")
    requirements.write_text(requirements.read_text() + "\n# another text\n")
    other = packages(requirements, tmp_path / "cache")

    assert again == made
    assert (again / "mark").exists()
    assert other != made
    assert (other / "beeper.py").exists()


@pytest.mark.slow  # pip installs
def test_builds_side_by_side_share_what_is_installed(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(str(wheel(tmp_path, "beeper")))

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _: packages(requirements, tmp_path / "cache"), range(2)))

    assert made[0] == made[1]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [made[0].name]
    assert (made[0] / "beeper.py").exists()


@pytest.mark.slow  # pip installs
def test_what_is_compiled_is_refused_and_leaves_nothing(tmp_path: Path, capfd) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(str(wheel(tmp_path, "fast", "cp311-cp311-manylinux_2_17_x86_64")))

    with pytest.raises(subprocess.CalledProcessError):
        packages(requirements, tmp_path / "cache")

    assert "is not a supported wheel on this platform" in capfd.readouterr().err
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The functions of this checkout, each built once."""
    made: dict[str, Path] = {}

    def real(function: str) -> Path:
        if function not in made:
            made[function] = tmp_path_factory.mktemp(function) / "artifacts"
            build(function, made[function], ROOT)
        return made[function]

    return real


@pytest.mark.parametrize("function", [ENRICHMENT, SLACK])
def test_what_ships_is_pure_and_without_our_tools(real, function: str) -> None:
    found = files(real(function))

    assert not [name for name in found if name.endswith((".so", ".pyd", ".pyc"))]
    assert not [name for name in found if name.startswith(("votepipe/dev/", "votepipe/testing/"))]
    assert "bin" not in {path.name for path in real(function).iterdir()}


@pytest.mark.parametrize("function", [ENRICHMENT, SLACK, "WebhookSink", "FeedSink"])
def test_nothing_that_ships_looks_like_a_secret(real, function: str) -> None:
    found = {path: path.read_bytes() for path in real(function).rglob("*") if path.is_file()}
    found |= {
        ROOT / name: (ROOT / name).read_bytes() for name in ("template.yaml", "samconfig.toml")
    }

    assert [str(path) for path, content in found.items() if LIKE_A_SECRET.search(content)] == []


def imported(folder: Path, *modules: str) -> None:
    """Import modules where there is nothing but what the folder and Python itself hold."""
    program = f"import sys; sys.path.insert(0, {str(folder)!r}); import {', '.join(modules)}"
    subprocess.run([sys.executable, "-I", "-S", "-B", "-c", program], check=True)


def zipped(folder: Path) -> int:
    """How many bytes the zip of a folder has."""
    return Path(shutil.make_archive(str(folder), "zip", folder)).stat().st_size


def test_the_enrichment_s_zip_is_small(real) -> None:
    assert zipped(real(ENRICHMENT)) < 300_000


def test_the_enrichment_has_all_that_it_imports(real) -> None:
    plugins = [path.stem for path in (ROOT / "enrichers").glob("[a-z]*.py")]

    imported(real(ENRICHMENT), "votepipe.enrichment", *(f"enrichers.{name}" for name in plugins))


def test_what_copies_the_pipe_s_dead_letters_has_all_that_it_imports(real) -> None:
    imported(real("RecoverFunction"), "votepipe.aws.recovery")


@pytest.mark.parametrize("sink", Project.read(ROOT).sinks, ids=lambda sink: sink.name)
def test_every_sink_has_all_that_it_imports(real, sink) -> None:
    function = "".join(word.capitalize() for word in sink.name.split("_")) + "Sink"

    imported(real(function), f"sinks.{sink.name}")
    assert zipped(real(function)) < 1_500_000


def test_a_build_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "votepipe.project.zips", "GoneSink", str(tmp_path / "artifacts")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == (
        "Error: sinks/ has no module for the function 'GoneSink'. Run: votepipe sync\n"
    )
