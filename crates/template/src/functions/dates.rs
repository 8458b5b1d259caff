//! sprig's functions on times. The local zone is UTC. Those that format a time take the time now for what is none, so
//! that they count as volatile.

use super::Function;
use super::Param::{Any, Text, Time as TimeParam};
use crate::context::Context;
use crate::fault::Fault;
use crate::time::{Time, duration_text, parse, parse_duration};
use crate::value::Value;

const DATE_IN_ZONE: Function = Function::new("dateInZone", &[Text, Any, Text], |context, args| {
    let time = time_of(context, &args.value(1));
    Ok(Value::from(time.in_zone(args.text(2)?).format(args.text(0)?)))
})
.volatile();
const DATE_MODIFY: Function = Function::new("dateModify", &[Text, TimeParam], |_, args| {
    let time = args.time(1)?;
    Ok(Value::Time(parse_duration(args.text(0)?).map_or_else(|| time.clone(), |duration| time.plus(duration))))
});
const MUST_DATE_MODIFY: Function = Function::new("mustDateModify", &[Text, TimeParam], |_, args| {
    let duration = parse_duration(args.text(0)?).ok_or(Fault::Because("its first argument is no duration"))?;
    Ok(Value::Time(args.time(1)?.plus(duration)))
});

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("now", &[], |context, _| Ok(Value::Time(now(context)))).volatile(),
    Function::new("ago", &[Any], |context, args| {
        let time = match args.value(0) {
            Value::Time(time) => time,
            Value::Int(seconds) | Value::Int64(seconds) => Time::utc(seconds, 0),
            _ => now(context),
        };
        let second = 1_000_000_000;
        let since = now(context).since(&time);
        let half = if since < 0 { -second / 2 } else { second / 2 };
        Ok(Value::from(duration_text(since.saturating_add(half) / second * second)))
    })
    .volatile(),
    Function::new("date", &[Text, Any], |context, args| {
        let time = time_of(context, &args.value(1));
        Ok(Value::from(time.in_zone(b"UTC").format(args.text(0)?)))
    })
    .volatile(),
    DATE_IN_ZONE,
    super::alias("date_in_zone", &DATE_IN_ZONE),
    Function::new("htmlDate", &[Any], |context, args| {
        Ok(Value::from(time_of(context, &args.value(0)).in_zone(b"UTC").format(b"2006-01-02")))
    })
    .volatile(),
    Function::new("htmlDateInZone", &[Any, Text], |context, args| {
        Ok(Value::from(time_of(context, &args.value(0)).in_zone(args.text(1)?).format(b"2006-01-02")))
    })
    .volatile(),
    DATE_MODIFY,
    super::alias("date_modify", &DATE_MODIFY),
    MUST_DATE_MODIFY,
    super::alias("must_date_modify", &MUST_DATE_MODIFY),
    Function::new("toDate", &[Text, Text], |_, args| {
        Ok(Value::Time(parse(args.text(0)?, args.text(1)?).unwrap_or_else(Time::zero)))
    }),
    Function::new("mustToDate", &[Text, Text], |_, args| {
        parse(args.text(0)?, args.text(1)?).map(Value::Time).ok_or(Fault::Because("its second argument is no such date"))
    }),
    Function::new("unixEpoch", &[TimeParam], |_, args| Ok(Value::from(args.time(0)?.seconds.to_string()))),
    Function::new("duration", &[Any], |_, args| {
        let seconds = match args.value(0) {
            Value::Int64(seconds) => seconds,
            Value::Text(text) => saturating_int(text.bytes()),
            _ => 0,
        };
        Ok(Value::from(duration_text(seconds.wrapping_mul(1_000_000_000))))
    }),
    Function::new("durationRound", &[Any], |context, args| {
        let nanoseconds = match args.value(0) {
            Value::Int64(nanoseconds) => nanoseconds,
            Value::Text(text) => parse_duration(text.bytes()).unwrap_or(0),
            Value::Time(time) => now(context).since(&time),
            _ => 0,
        };
        Ok(Value::from(rounded(nanoseconds.unsigned_abs())))
    })
    .volatile(),
];

fn now(context: &Context<'_>) -> Time {
    Time::from(context.ports.now())
}

/// A time, or seconds since 1970; the time now for anything else.
fn time_of(context: &Context<'_>, value: &Value) -> Time {
    match value {
        Value::Time(time) => time.clone(),
        Value::Int(seconds) | Value::Int64(seconds) => Time::utc(*seconds, 0),
        _ => now(context),
    }
}

/// Go's `ParseInt` in base 10: a number that is too large is the limit.
fn saturating_int(text: &[u8]) -> i64 {
    let Ok(text) = std::str::from_utf8(text) else { return 0 };
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX })
}

/// The largest unit of which there is more than one.
fn rounded(nanoseconds: u64) -> String {
    let second = 1_000_000_000;
    let hour = 3600 * second;
    let units = [(hour * 24 * 365, "y"), (hour * 24 * 30, "mo"), (hour * 24, "d"), (hour, "h"), (60 * second, "m"), (second, "s")];
    let unit = units.into_iter().find(|(size, _)| nanoseconds > *size);
    unit.map_or_else(|| "0s".to_owned(), |(size, name)| format!("{}{name}", nanoseconds / size))
}
