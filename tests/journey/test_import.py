"""Files that others wrote, taken in through the command line."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from discovery.cli import main


def imported(folder: Path, *paths: Path) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, paths), "--database", f"sqlite:///{folder / 'stocktake.db'}"])


def test_a_file_that_nothing_reads_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all,\n")
    done = imported(tmp_path, letter)
    assert done.exit_code == 2
    assert "as host bundle: it is no bundle" in done.stderr
    assert "Accepted:" in done.stderr
    assert not (tmp_path / "stocktake.db").exists()


def test_an_empty_folder_is_no_complete_import(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    done = imported(tmp_path, tmp_path / "nothing")
    assert (done.exit_code, "no file to import" in done.stderr) == (2, True)
