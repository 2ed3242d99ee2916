"""MkDocs' hooks: the pages that are made when the site is built, and where they stand in its navigation.

    pip install '.[docs]' && mkdocs build --strict
"""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from site_pages import FINDINGS, KINDS, PLAIN_FILES, ROOT, RULES, finding_page, pages, relinked, rule_names

from tf2ms_opt.diagnostics import catalogue
from tf2ms_opt.ruleset import load


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The rules and the findings go below the sections that name their index."""
    rules = load()
    by_kind = [{title: [f"{name}.md" for name in rule_names(rules, kind)]} for kind, title in KINDS.items()]
    found = [{f"{entry.code} {name}": finding_page(entry)} for name, entry in catalogue().items()]
    for section in config.nav or []:
        for inner in section.values():
            if inner == [RULES]:
                inner += by_kind
            elif inner == [FINDINGS]:
                inner += found
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not files of ``docs``."""
    for path, text in pages(load()).items():
        files.append(File.generated(config, path, content=text))
    for path, target in PLAIN_FILES.items():
        files.append(File.generated(config, target, content=(ROOT / path).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 -- MkDocs' own names
    """Links of a file of ``docs`` to documents of the root lead to their pages."""
    path = page.file.src_uri
    return markdown if page.file.generated_by else relinked(markdown, f"docs/{path}", path)
