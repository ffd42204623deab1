"""The manual: pages made from what the code declares.

`dawbridge help` shows them on a terminal, `dawbridge manual` writes them as Markdown.
`topics`, `steps`, `chains` and `commands` say what is on a page, in the blocks of `page`; `terminal` and `markdown` say
how a page looks. Nothing about a step, a key or a flag is written here: it comes from its one declaration.
"""
