{% macro ocean_traits() -%}
    {{ return(['openness', 'conscientiousness', 'extraversion', 'agreeableness', 'neuroticism']) }}
{%- endmacro %}


{# The lower limits of the ten bins of a 0 to 100 score; the last bin is closed above. #}
{% macro score_bins() -%}
    {{ return(range(0, 100, 10)) }}
{%- endmacro %}


{% macro score_bin_name(lower) -%}
    {{ return('bin_%02d_%d' % (lower, lower + 10)) }}
{%- endmacro %}
