"""What a feature view's SQL may be made of: an allow-list of syntax nodes and of functions by name.

A node or function that is not here is refused, sqlglot's typed functions included: new ones in a newer
parser stay refused until someone adds them.
"""

STRUCTURE = frozenset(
    """Select With CTE Subquery From Join Table TableAlias Alias Where Group Having Distinct Column Identifier Star
    Literal Null Boolean Paren Tuple Ordered Order Window WindowSpec Var Interval DataType Cast TryCast
    Case If Is In Not And Or Xor EQ NEQ GT GTE LT LTE NullSafeEQ NullSafeNEQ Between Like ILike RLike
    RegexpLike Add Sub Mul Div IntDiv Mod Neg DPipe Filter Qualify""".split()  # noqa: SIM905
)
TYPED_FUNCTIONS = frozenset(
    """Abs Acos Asin Atan Atan2 Avg Cbrt Ceil Coalesce Concat ConcatWs Contains Corr Cos Count CountIf CovarPop
    CovarSamp CumeDist DateAdd DateDiff DateSub DateTrunc Day DayOfMonth DayOfWeek DayOfYear Degrees DenseRank
    EndsWith Exp Extract First FirstValue Floor FromTimeZone AtTimeZone Greatest Hour Initcap IsNan Lag
    LagValue Last LastDay LastValue Lead Least Left Length Levenshtein Ln Log LogicalAnd LogicalOr Lower MD5
    MakeInterval Max MaxIf Median Min Minute Month MonthsBetween Nvl2 Nullif Ntile NthValue PercentRank Pi Pow
    Quarter Radians Rank RegexpExtract RegexpReplace Replace Right Round RowNumber SHA2 Second Sign Sin Split
    SplitPart Sqrt StartsWith Stddev StddevPop StddevSamp StrPosition StrToTime StrToDate Substring Sum Tan
    TimestampAdd TimestampDiff TimestampTrunc TimestampSub Translate Trim TsOrDsAdd TsOrDsDiff TsOrDsToDate
    TsOrDsToTimestamp UnixDate UnixMicros UnixMillis UnixSeconds UnixToTime Upper Variance VariancePop Week
    WeekOfYear Year ArgMax ArgMin ApproxDistinct Ascii Lpad Rpad Pad Mode Skewness Kurtosis SafeDivide
    MakeDate TimestampFromParts Date Timestamp IsInf Hex Reverse Repeat""".split()  # noqa: SIM905
)
NAMED_FUNCTIONS = frozenset(
    """make_dt_interval make_ym_interval make_timestamp make_date date_from_unix_date timestamp_seconds
    timestamp_millis timestamp_micros try_add try_subtract try_multiply try_divide try_to_number nvl ifnull
    rint bround hypot expm1 log1p log2 log10 signum positive negative pmod weekday dayname monthname
    from_unixtime unix_timestamp to_unix_timestamp to_timestamp to_date every some any_value bit_count
    max_by min_by kurtosis skewness regr_slope regr_intercept regr_r2 regr_count char_length octet_length
    instr locate ltrim rtrim btrim xxhash64 hash crc32 isnull isnotnull nanvl equal_null count_if
    stddev_samp stddev_pop var_samp var_pop""".split()  # noqa: SIM905
)
NOT_DETERMINISTIC = frozenset(
    """Rand Randn Uuid Randstr CurrentTimestamp CurrentDate CurrentTime CurrentDatetime CurrentUser CurrentTimezone
    CurrentCatalog CurrentDatabase CurrentSchema CurrentVersion Localtime Localtimestamp SessionUser User
    UtcDate UtcTime UtcTimestamp MonotonicallyIncreasingId""".split()  # noqa: SIM905
)
NOT_DETERMINISTIC_NAMES = frozenset(
    """now rand random randn uuid shuffle curdate current_timezone monotonically_increasing_id spark_partition_id
    input_file_name input_file_block_start input_file_block_length current_user user session_user version
    randstr uniform localtimestamp""".split()  # noqa: SIM905
)
