-- alerts, commercial: those of rules that look at what this audience may know of.
SELECT * FROM alerts WHERE audience = 'commercial'
