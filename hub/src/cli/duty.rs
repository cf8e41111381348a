//! `duty`: who is on duty now, and when nobody is.

use serde_json::json;

use super::output::Output;
use crate::app;
use crate::config::Config;
use crate::work::task::Level;

pub(super) fn run(config: &Config, output: &Output) -> anyhow::Result<()> {
    let (zone, now) = (&config.web.zone, (app::world().wall)());
    let mut rows = Vec::new();
    for level in [Level::Supervisor, Level::DutyOfficer] {
        let on_duty = config.duty.on_duty(level, zone, now);
        let gap = config.duty.gap(level, zone, now);
        if output.is_json() {
            let on_duty: Vec<_> = on_duty
                .iter()
                .map(|shift| json!({ "name": shift.name, "level": shift.level.as_str() }))
                .collect();
            output.object(&json!({
                "level": level.as_str(), "on_duty": on_duty, "nobody_from": gap,
            }))?;
            continue;
        }
        let names: Vec<&str> = on_duty.iter().map(|shift| shift.name.as_str()).collect();
        let gap = gap.map_or_else(
            || "is always somebody".to_owned(),
            |at| format!("nobody from {}", zone.to_datetime(at).strftime("%a %H:%M")),
        );
        rows.push(vec![level.to_string(), names.join(", "), gap]);
    }
    output.table(&["level", "on duty now", "in the next seven days"], rows)
}
