# SPDX-License-Identifier: MIT
"""Importing this makes the laboratory's modules (lab, postgres, processes, web …) known."""
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "lab"))
