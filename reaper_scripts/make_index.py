"""Writes ReaPack's index.xml and the zip for machines offline.

python reaper_scripts/make_index.py --url 'https://HOST/OWNER/daw-bridge/raw/TAG/{path}' --out dist
"""

import argparse
import time
from pathlib import Path

from bridge.daws.reapack import index_xml, offline_zip
from bridge.daws.reaper import packaged_scripts, script_files

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--url", required=True, help="address of a file of the repository, with {path}")
parser.add_argument("--commit", default="", help="commit of the repository")
parser.add_argument("--out", type=Path, required=True, help="folder for index.xml and daw-bridge-reaper.zip")
options = parser.parse_args()
scripts = script_files(packaged_scripts())
options.out.mkdir(parents=True, exist_ok=True)
made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
(options.out / "index.xml").write_text(index_xml(scripts, options.url, made, options.commit), encoding="utf-8")
(options.out / "daw-bridge-reaper.zip").write_bytes(offline_zip(scripts))
