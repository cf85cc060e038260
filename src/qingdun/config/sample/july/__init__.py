"""样例七月: July 2022 of the sample city as raw device lines, whose figures are those of the letter that began this.

`plan` says who attacks whom when and how often, `lines` how each device writes it down, `month` puts both in the order
of time, `sending` hands the lines to the collector's spool. Nothing else is written: what the figures say follows from
the lines, by way of the pipeline. Not for: judging how often such attacks happen anywhere.
"""
