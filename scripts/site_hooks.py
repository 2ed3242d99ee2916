"""MkDocs' hooks: the pages that are made when the site is built, and where they stand in its navigation.

pip install '.[docs]' && mkdocs build --strict
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mkdocs.structure.files import File, Files
from site_pages import FINDINGS, KINDS, PLAIN_FILES, ROOT, RULES, finding_page, pages, relinked, rule_names, with_codes

from tf2ms_opt.diagnostics import catalogue
from tf2ms_opt.ruleset import load

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The rules and the findings go below the sections that name their index."""
    rules = load()
    by_kind = [{title: [f"{name}.md" for name in rule_names(rules, kind)]} for kind, title in KINDS.items()]
    found = [{f"{entry.code} {name}": finding_page(entry)} for name, entry in catalogue().items()]
    for section in config.nav or []:
        for inner in section.values():
            if inner == [RULES]:
                inner.extend(by_kind)
            elif inner == [FINDINGS]:
                inner.extend(found)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not files of ``docs``."""
    for path, text in pages(load()).items():
        files.append(File.generated(config, path, content=text))
    for path, target in PLAIN_FILES.items():
        files.append(File.generated(config, target, content=(ROOT / path).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 -- MkDocs' own names
    """Links of a file of ``docs`` to documents of the root lead to their pages, and codes to their findings."""
    path = page.file.src_uri
    return with_codes(markdown if page.file.generated_by else relinked(markdown, f"docs/{path}", path), path)
