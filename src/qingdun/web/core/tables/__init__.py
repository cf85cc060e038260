"""A table somebody filled in, whatever program wrote it: .xlsx, .xls, .ods or CSV in any usual encoding. Pure.

Read in a process of its own with a ceiling on memory and time (`python -m qingdun.web.core.tables`): a 5 KB workbook
with one cell in its last corner makes any reader ask for half a terabyte.
"""
