#!/usr/bin/env bash
# What: APScheduler's CronTrigger.from_crontab reads a crontab's numbers of days from Monday as 0: "0 12 * * 1-5", Monday to Friday,
#   runs Tuesday to Saturday. It also asks for both where the day of the month and of the week are given; cron asks for either.
# Good guess: a method named after crontab(5) reads it as crontab(5) says (0 and 7 are Sunday).
# Seen: APScheduler 3.11.3: 1 is Tuesday, 0 Monday, 7 an error, "0 12 1 * mon" is the next first that is a Monday; cronsim 2.8: as
#   cron does.
# So: what should run on bank days runs on Saturday and not on Monday, without an error: write mon-fri.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore APScheduler==3.11.3 cronsim==2.8

got=$("$work/venv/bin/python" -W ignore - <<'END'
from datetime import datetime, timezone
from apscheduler.triggers.cron import CronTrigger
from cronsim import CronSim

start = datetime(2026, 11, 28, tzinfo=timezone.utc)  # A Saturday.
for expression in ["0 12 * * 1-5", "0 12 * * mon-fri", "0 12 * * 0", "0 12 * * 7", "0 12 1 * mon"]:
    try:
        trigger, time, times = CronTrigger.from_crontab(expression, timezone="UTC"), None, []
        for _ in range(5):
            time = trigger.get_next_fire_time(time, time or start)
            times.append(time)
        shown = " ".join(format(time, "%a %d %b %y,") for time in times[:5])
    except ValueError as error:
        shown = str(error)
    others = CronSim(expression, start)
    print(f"{expression}\n  APScheduler {shown}\n  cronsim     " + " ".join(format(next(others), "%a %d %b %y,") for _ in range(5)))
END
)

want=$(cat <<'END'
0 12 * * 1-5
  APScheduler Sat 28 Nov 26, Tue 01 Dec 26, Wed 02 Dec 26, Thu 03 Dec 26, Fri 04 Dec 26,
  cronsim     Mon 30 Nov 26, Tue 01 Dec 26, Wed 02 Dec 26, Thu 03 Dec 26, Fri 04 Dec 26,
0 12 * * mon-fri
  APScheduler Mon 30 Nov 26, Tue 01 Dec 26, Wed 02 Dec 26, Thu 03 Dec 26, Fri 04 Dec 26,
  cronsim     Mon 30 Nov 26, Tue 01 Dec 26, Wed 02 Dec 26, Thu 03 Dec 26, Fri 04 Dec 26,
0 12 * * 0
  APScheduler Mon 30 Nov 26, Mon 07 Dec 26, Mon 14 Dec 26, Mon 21 Dec 26, Mon 28 Dec 26,
  cronsim     Sun 29 Nov 26, Sun 06 Dec 26, Sun 13 Dec 26, Sun 20 Dec 26, Sun 27 Dec 26,
0 12 * * 7
  APScheduler Error validating expression '7': the last value (7) is higher than the maximum value (6)
  cronsim     Sun 29 Nov 26, Sun 06 Dec 26, Sun 13 Dec 26, Sun 20 Dec 26, Sun 27 Dec 26,
0 12 1 * mon
  APScheduler Mon 01 Feb 27, Mon 01 Mar 27, Mon 01 Nov 27, Mon 01 May 28, Mon 01 Jan 29,
  cronsim     Mon 30 Nov 26, Tue 01 Dec 26, Mon 07 Dec 26, Mon 14 Dec 26, Mon 21 Dec 26,
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
