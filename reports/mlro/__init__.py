"""The month of the money laundering reporting officer, as a document and a workbook."""

from reports.mlro.report import make

__all__ = ["make"]
