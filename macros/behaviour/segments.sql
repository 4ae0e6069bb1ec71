{#
    What a predicate of seeds/segments.csv may speak of, with types: the columns of rpt_user_behavior whose value is known for every moment
    of the past. Lists are for contains() alone.
#}
{% macro segment_columns() -%}
    {{ return({
        'person_type': 'text',
        'first_seen_at': 'time',
        'last_seen_at': 'time',
        'days_since_last_seen': 'number',
        'total_visits': 'number',
        'total_checkins': 'number',
        'visit_frequency': 'number',
        'unique_cities': 'number',
        'multi_city_score': 'number',
        'cities': 'list',
        'beginner_count': 'number',
        'intermediate_count': 'number',
        'advanced_count': 'number',
        'practica_count': 'number',
        'milonga_count': 'number',
        'primary_level': 'text',
        'peak_login_hour': 'number',
        'is_night_owl': 'flag',
    }) }}
{%- endmacro %}


{# The whole grammar: for each state the kinds of token that may come, and the state after each. The type of a column is the state after it. #}
{% macro segment_grammar() -%}
    {%- set joints = {'and': 'term', 'or': 'term', ')': 'done'} -%}
    {%- set tests = {'equality': 'value', 'in': 'values', 'is': 'is', 'not': 'not in'} -%}
    {%- set ranges = dict(tests, order='value', between='lower', not='not between') -%}
    {{ return({
        'term': {'(': 'term', 'not': 'term', 'contains': 'contains', 'number': 'number', 'time': 'time', 'text': 'text', 'flag': 'flag'},
        'done': joints,
        'number': ranges,
        'time': ranges,
        'text': tests,
        'flag': dict(joints, equality='value', is='is'),
        'is': {'null': 'done', 'not': 'is not'},
        'is not': {'null': 'done'},
        'not in': {'in': 'values'},
        'not between': {'in': 'values', 'between': 'lower'},
        'value': {'literal': 'done'},
        'lower': {'literal': 'upper'},
        'upper': {'and': 'value'},
        'values': {'(': 'item'},
        'item': {'literal': 'items'},
        'items': {',': 'item', ')': 'done'},
        'contains': {'(': 'contained'},
        'contained': {'list': 'list'},
        'list': {',': 'element'},
        'element': {'literal': 'last'},
        'last': {')': 'done'},
    }) }}
{%- endmacro %}


{# What a token is, after a column of the given type. A literal of another type is no literal; 30 February is no date. #}
{% macro segment_token_kind(word, type) -%}
    {%- set columns = plumbline.segment_columns() -%}
    {%- set time = "'([12][0-9]{3})-(0[1-9]|1[0-2])-([0-3][0-9])( ([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?)?'" -%}
    {%- set date = modules.re.fullmatch(time, word) if type == 'time' -%}
    {%- if date -%}
        {%- set month_start = modules.datetime.date(date[1] | int, date[2] | int, 1) -%}
        {%- set day = month_start + modules.datetime.timedelta(days=(date[3] | int) - 1) -%}
    {%- endif -%}
    {%- if word in columns -%} {{ return(columns[word]) }}
    {%- elif word in ['=', '<>', '!='] -%} {{ return('equality') }}
    {%- elif word in ['<', '<=', '>', '>='] -%} {{ return('order') }}
    {%- elif (type == 'number' and modules.re.fullmatch('-?[0-9]{1,15}([.][0-9]{1,6})?', word))
        or (type in ['text', 'list'] and word.startswith("'") and word | length > 1)
        or (type == 'flag' and word in ['true', 'false'])
        or (date and day.month == month_start.month) -%} {{ return('literal') }}
    {%- elif word in ['', '(', ')', ',', 'and', 'or', 'not', 'in', 'is', 'null', 'between', 'contains'] -%} {{ return(word) }}
    {%- else -%} {{ return('unknown') }}
    {%- endif -%}
{%- endmacro %}


{#
    A predicate as SQL, with the days since the last sign of somebody that it names. The text of the seed never reaches a query: it is read
    token by token, each must be one that may follow, and what is written is columns, operators and checked literals.
#}
{% macro segment_condition(segment_name, predicate) -%}
    {%- set token = "'(?:[^'\\\\\\x00-\\x1f\\x7f]|'')*'|[A-Za-z_][A-Za-z_0-9]*|-?[0-9]+(?:[.][0-9]+)?|<>|!=|<=|>=|\\S" -%}
    {%- set tokens = modules.re.findall(token, predicate or '') + [''] -%}
    {%- set grammar = plumbline.segment_grammar() -%}
    {%- set place = namespace(state='term', depth=0, column='', type='') -%}
    {%- set sql, days = [], [] -%}

    {%- for spelled in tokens -%}
        {%- set word = spelled if spelled.startswith("'") else spelled.lower() -%}
        {%- set kind = plumbline.segment_token_kind(word, place.type) -%}
        {%- set is_group = kind in '()' and place.state in ['term', 'done', 'flag'] -%}
        {%- set depth = place.depth + {'(': 1, ')': -1}.get(kind, 0) if is_group else place.depth -%}
        {%- set is_end = not word and place.state in ['done', 'flag'] and depth == 0 -%}
        {%- if not is_end and (kind not in grammar[place.state] or depth < 0) -%}
            {{ exceptions.raise_compiler_error(
                'Segment ' ~ segment_name ~ ': ' ~ ('`' ~ spelled ~ '` must not stand' if spelled else 'the predicate must not end')
                ~ (' after `' ~ tokens[:loop.index0] | join(' ') ~ '`' if not loop.first else ' at the beginning')
            ) }}
        {%- elif not is_end -%}
            {%- if word in plumbline.segment_columns() -%}
                {%- set place.column = word -%}
                {%- set place.type = kind -%}
            {%- endif -%}
            {%- if kind == 'literal' and place.column == 'days_since_last_seen' -%}
                {%- do days.append(word | float | int) -%}
            {%- endif -%}
            {%- if place.state == 'element' -%}
                {%- do sql.append(plumbline.is_listed(place.column, word)) -%}
            {%- elif kind == 'literal' and place.type == 'time' -%}
                {%- do sql.append('cast(' ~ word ~ ' as timestamp)') -%}
            {%- elif kind != 'contains' and place.state not in ['contains', 'contained', 'list', 'last'] -%}
                {%- do sql.append(word) -%}
            {%- endif -%}
            {%- set place.depth = depth -%}
            {%- set place.state = grammar[place.state][kind] -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return({'sql': sql | join(' '), 'days': days}) }}
{%- endmacro %}


{# Checked segments out of rows of the seed, as they are read from the file or from its table. #}
{% macro checked_segments(rows) -%}
    {%- set segments = [] -%}
    {%- for row in rows -%}
        {%- if not modules.re.fullmatch('[a-z][a-z0-9_]*', row['segment_name'] or '') -%}
            {{ exceptions.raise_compiler_error('Segment ' ~ row['segment_name'] ~ ': a name is lower-case letters, digits and underscores') }}
        {%- endif -%}
        {%- do segments.append(dict(
            plumbline.segment_condition(row['segment_name'], row['predicate']),
            name=row['segment_name'],
            tenant_id=row['tenant_id'],
        )) -%}
    {%- endfor -%}
    {{ return(segments) }}
{%- endmacro %}


{# The segments as the warehouse holds them; none before the seed is there. The seed itself checks its file before it is written. #}
{% macro defined_segments() -%}
    {%- set seed = ref('segments') -%}
    {%- if execute and load_relation(seed) -%}
        {{ return(plumbline.checked_segments(
            run_query('select segment_name, tenant_id, predicate from ' ~ seed ~ ' order by segment_name asc, tenant_id asc')
        )) }}
    {%- endif -%}
    {{ return([]) }}
{%- endmacro %}


{# The days since the last sign of somebody at which a segment may begin or end to hold: each number that a predicate names, and the next. #}
{% macro segment_thresholds(segments) -%}
    {%- set thresholds = [0] -%}
    {%- for segment in segments -%}
        {%- for days in segment.days if 0 <= days < 36500 -%}
            {%- do thresholds.extend([days, days + 1]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(thresholds | unique | sort) }}
{%- endmacro %}
