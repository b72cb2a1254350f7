-- Every target group has its columns, and whoever reads may say on which day ages count.
-- depends: 0003_reporting_monitored

-- migrate: apply

DROP VIEW women_cells;

-- What a woman counts as, each column of the report once: the report sums it, the drill-down filters by it. Without a
-- year her group is that of the day of her register; with one, the edition of libs/values/target_group.toml that is
-- handed in says it (a test holds both against the one function).
CREATE FUNCTION women_cells(year int, pupil_from int, adult_from int, elder_from int, school_to int, able text[])
RETURNS TABLE (
    woman_id uuid, recorded bigint, until bigint, household_id uuid, division text, status text, target_group text,
    measures text[], population boolean, exited boolean, not_exited boolean, baseline_exited boolean, lifted boolean,
    returned boolean, matched boolean, matched_exited boolean, matched_not_exited boolean, unmatched boolean,
    able_adults boolean, unmatched_able_adults boolean, girls boolean, unmatched_girls boolean, pupils boolean,
    unmatched_pupils boolean, adults_without_labour boolean, unmatched_adults_without_labour boolean, elders boolean,
    unmatched_elders boolean, monitored boolean
) LANGUAGE sql STABLE AS $$
SELECT w.woman_id, w.recorded, w.until, w.household_id, w.division, w.status, g.name, w.measures,
       r.registered,
       w.status = 'exited',
       r.poor,
       r.registered AND w.baseline_exit,
       r.registered AND w.lifted,
       w.status = 'returned',
       r.registered AND r.matched,
       w.status = 'exited' AND r.matched,
       r.poor AND r.matched,
       r.poor AND NOT r.matched,
       r.poor AND g.name = 'able_adult',
       r.poor AND g.name = 'able_adult' AND NOT 'development' = ANY (w.classes),
       r.poor AND g.name = 'girl',
       r.poor AND g.name = 'girl' AND NOT r.matched,
       r.poor AND g.name = 'pupil',
       r.poor AND g.name = 'pupil' AND NOT r.matched,
       r.poor AND g.name = 'adult_without_labour',
       r.poor AND g.name = 'adult_without_labour' AND NOT r.matched,
       r.poor AND g.name = 'elder',
       r.poor AND g.name = 'elder' AND NOT r.matched,
       w.status = 'monitored'
FROM women w
CROSS JOIN LATERAL (
    SELECT w.status NOT IN ('monitored', 'left') AS registered,
           w.status NOT IN ('exited', 'monitored', 'left') AS poor,
           w.classes && ARRAY['development', 'relief'] AS matched
) r
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN women_cells.year IS NULL THEN w.target_group
        WHEN women_cells.year - w.birth_year < women_cells.pupil_from THEN 'girl'
        WHEN women_cells.year - w.birth_year < women_cells.adult_from
             OR w.in_school AND women_cells.year - w.birth_year <= women_cells.school_to THEN 'pupil'
        WHEN women_cells.year - w.birth_year >= women_cells.elder_from THEN 'elder'
        WHEN w.labour = ANY (women_cells.able) THEN 'able_adult'
        ELSE 'adult_without_labour'
    END AS name
) g
$$;

-- migrate: rollback

DROP FUNCTION women_cells;
CREATE VIEW women_cells AS
SELECT w.woman_id, w.recorded, w.until, w.household_id, w.division, w.status, w.target_group, w.measures,
       r.registered AS population,
       w.status = 'exited' AS exited,
       r.poor AS not_exited,
       r.registered AND w.baseline_exit AS baseline_exited,
       r.registered AND w.lifted AS lifted,
       w.status = 'returned' AS returned,
       r.registered AND r.matched AS matched,
       w.status = 'exited' AND r.matched AS matched_exited,
       r.poor AND r.matched AS matched_not_exited,
       r.poor AND NOT r.matched AS unmatched,
       r.poor AND r.able AS able_adults,
       r.poor AND r.able AND NOT 'development' = ANY (w.classes) AS unmatched_able_adults,
       w.status = 'monitored' AS monitored
FROM women w
CROSS JOIN LATERAL (
    SELECT w.status NOT IN ('monitored', 'left') AS registered,
           w.status NOT IN ('exited', 'monitored', 'left') AS poor,
           w.classes && ARRAY['development', 'relief'] AS matched,
           w.target_group = 'able_adult' AS able
) r;
