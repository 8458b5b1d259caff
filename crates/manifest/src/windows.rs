//! `spec.syncWindows` of either kind.

use std::time::Duration;

use sealbridge_api::{bridged_secret, duration};

use crate::plan::{Cron, Opening, PlanError, SyncWindows, Window, WindowKind};

/// Of any longer window the schedule says nothing more.
const LONGEST: Duration = Duration::from_hours(366 * 24);

/// Reads the windows. For the other controller a schedule that cannot be read is none, which opens what was meant to be
/// closed; here it is refused.
pub(crate) fn read(windows: &bridged_secret::SyncWindows) -> Result<SyncWindows, PlanError> {
    if windows.windows.is_empty() {
        return Err(wrong("spec.syncWindows.windows", "there is no window; add one, or remove syncWindows"));
    }
    let kind = match windows.kind {
        bridged_secret::WindowKind::Allow => WindowKind::Allow,
        bridged_secret::WindowKind::Deny => WindowKind::Deny,
    };
    Ok(SyncWindows { kind, windows: windows.windows.iter().map(window).collect::<Result<_, _>>()? })
}

fn window(window: &bridged_secret::SyncWindow) -> Result<Window, PlanError> {
    let opens = match window.schedule.trim().strip_prefix("@every ") {
        Some(delay) => positive(delay).map(Opening::Every),
        None => Cron::parse(&window.schedule).map(Opening::At),
    };
    let opens = opens.ok_or_else(|| {
        wrong("spec.syncWindows.windows", "a schedule is five fields of a crontab, such as `0 2 * * *`, or @daily, or @every 1h")
    })?;
    let duration = positive(&window.duration).filter(|duration| *duration <= LONGEST);
    let duration = duration.ok_or_else(|| {
        wrong("spec.syncWindows.windows", "a duration is a time such as 2h or 30m, longer than none and at most 366 days")
    })?;
    Ok(Window { opens, duration })
}

fn positive(text: &str) -> Option<Duration> {
    duration::parse(text.trim()).ok().filter(|duration| !duration.is_zero())
}

fn wrong(path: &'static str, problem: &'static str) -> PlanError {
    PlanError::Field { path, problem }
}
