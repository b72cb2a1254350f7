"""Exit from poverty (脱贫) by household as a process that a unit keeps itself: its rules, events and decisions."""
