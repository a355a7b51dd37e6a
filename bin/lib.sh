# shellcheck shell=bash
# Common functions of bin/test and bin/demo. Sourced by them, never run.
#
# Neither command works in the bench's own sites folder. Each keeps a workbench of its own under
# $BENCH_DIR/b2b/NAME: links to the bench's apps, this checkout in place of b2b_contracts, its own
# sites, its own Redis and its own database names. So the bench's sites, its apps.txt, its Python
# environment and another checkout that it has linked stay as they are, and nothing that runs here
# takes a background job of another site.

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
BENCH_DIR=${BENCH_DIR:-$HOME/frappe-bench}
if [ -d "$BENCH_DIR" ]; then BENCH_DIR=$(cd "$BENCH_DIR" && pwd -P); fi
CACHE_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/b2b_contracts
APP=b2b_contracts
LOG=/dev/null       # every step appends its output here
WB=                 # the workbench, set by workbench_open
DB_CNF=             # login of the database administrator, set by db_login
DB_ADDR=()          # where the database server is; empty: this machine's socket
TEMP_FILES=()

# --- What people see ---------------------------------------------------------------------------

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }

die() { # die MESSAGE [WHAT TO DO]…
	printf '\nERROR: %s\n' "$1" >&2
	shift
	local line
	for line in "$@"; do printf '  %s\n' "$line" >&2; done
	exit 1
}

log_tail() { # log_tail LINES [FROM-BYTE]: the last lines of the log, without progress bars
	[ -f "$LOG" ] || return 0
	tail -c "+${2:-1}" "$LOG" | tr '\r' '\n' |
		grep -vE 'Updating (DocTypes|Dashboard|customizations) for|^[[:space:]]*$' |
		tail -n "$1" | cut -c1-240 | sed 's/^/    | /'
}

# step TITLE COMMAND…: runs the command with its output in $LOG and says how long it took. When it
# fails, the last lines of the log follow and step returns the command's status. A command given to
# step must return its failure itself (bash ignores `set -e` wherever a status is looked at).
step() {
	local title=$1 started=$SECONDS status=0 size ticker=
	shift
	printf '  %-58s ' "$title"
	if [ -t 1 ]; then # a clock, so that a long step does not look dead
		while sleep 1; do printf '\r  %-58s   %5s s ' "$title" $((SECONDS - started)); done 9>&- &
		ticker=$!
	fi
	printf '\n=== %s (%s)\n' "$title" "$(date '+%F %T')" >>"$LOG"
	size=$(stat -c %s "$LOG")
	"$@" >>"$LOG" 2>&1 </dev/null || status=$?
	if [ -n "$ticker" ]; then
		kill "$ticker" || true
		wait "$ticker" || true
		printf '\r  %-58s ' "$title"
	fi 2>/dev/null
	if [ "$status" -ne 0 ]; then
		printf 'FAILED (%s s)\n' $((SECONDS - started))
		log_tail 25 $((size + 1))
		say "    The whole log: $LOG"
		return "$status"
	fi
	printf 'ok %5s s\n' $((SECONDS - started))
}

have() { command -v "$1" >/dev/null 2>&1; }

first_of() { # the first of the given commands that exists
	local name
	for name in "$@"; do
		if have "$name"; then
			command -v "$name"
			return 0
		fi
	done
	return 1
}

random_hex() { od -An -N "${1:-16}" -tx1 /dev/urandom | tr -d ' \n'; }

hash_of() { sha256sum | cut -c1-"${1:-12}"; } # of standard input

# --- Root, and Debian's packages ---------------------------------------------------------------

as_root() {
	if [ "$EUID" -eq 0 ]; then
		"$@"
	elif ! have sudo; then
		warn "This needs root, and sudo is not installed: $*"
		return 1
	elif [ -t 2 ]; then
		sudo "$@"
	else
		sudo -n "$@"
	fi
}

apt_command() { printf 'apt-get install -y --no-install-recommends %s' "$*"; }

apt_install() { # apt_install PACKAGE…
	have apt-get || return 1
	as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q || return 1
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

packages_missing() { # packages_missing COMMAND=PACKAGE…: the packages whose command is not there
	local pair seen=" "
	for pair in "$@"; do
		if ! have "${pair%%=*}" && [[ $seen != *" ${pair#*=} "* ]]; then
			printf '%s ' "${pair#*=}"
			seen+="${pair#*=} "
		fi
	done
}

# --- Tools: lint, pytest and the browser driver, in an environment of their own ------------------

PYTHON=

python_find() { # python_find [MINOR]: a Python that the tools run on, 3.11 or newer unless less is enough
	local name
	for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10 "$BENCH_DIR/env/bin/python"; do
		if have "$name" && "$name" -c "import sys; sys.exit(sys.version_info < (3, ${1:-11}))" 2>/dev/null; then
			PYTHON=$(command -v "$name")
			return 0
		fi
	done
	return 1
}

# tools_ready NAME [MINOR]: a virtual environment with the pinned packages of bin/requirements-NAME.txt. The
# folder's name holds the pins, so a change of pins makes a new one. Sets TOOLS.
tools_ready() {
	local pins="$REPO/bin/requirements-$1.txt"
	python_find "${2:-11}" || { warn "Python 3.${2:-11} or newer is needed."; return 1; }
	TOOLS="$CACHE_DIR/tools-$1-$({ cat "$pins" && "$PYTHON" -VV; } | hash_of)"
	[ ! -f "$TOOLS/.complete" ] || return 0
	mkdir -p "$CACHE_DIR" || return 1
	( # one at a time, when two checkouts start together
		flock 8
		[ ! -f "$TOOLS/.complete" ] || exit 0
		rm -rf "$TOOLS"
		make_venv "$TOOLS" || exit 1
		"$TOOLS/bin/python" -m pip install -q --disable-pip-version-check -r "$pins" || exit 1
		touch "$TOOLS/.complete"
	) 8>"$CACHE_DIR/tools.lock"
}

make_venv() {
	"$PYTHON" -m venv "$1" && return 0
	if [ "$EUID" -eq 0 ] && have apt-get; then
		rm -rf "$1"
		apt_install python3-venv && "$PYTHON" -m venv "$1"
	else
		warn "Python has no venv module. Install it: $(apt_command python3-venv)"
		return 1
	fi
}

# --- MariaDB ---------------------------------------------------------------------------------------

bench_config() { # a value of the bench's own common_site_config.json, or nothing
	"$BENCH_DIR/env/bin/python" - "$BENCH_DIR/sites/common_site_config.json" "$1" <<'PY' 2>/dev/null
import json, sys
value = json.load(open(sys.argv[1])).get(sys.argv[2])
print("" if value is None else value)
PY
}

db_address() { # from DB_HOST and DB_PORT, else from the bench's configuration
	local host=${DB_HOST:-} port=${DB_PORT:-}
	if [ -z "$host" ] && bench_present; then
		host=$(bench_config db_host || true)
		port=${port:-$(bench_config db_port || true)}
	fi
	DB_ADDR=()
	case "$host:${port:-3306}" in
	:3306 | localhost:3306 | 127.0.0.1:3306)
		# A login that was handed over is for this address; our own is made through the socket.
		if [ -n "${DB_HOST:-}" ]; then DB_ADDR=(--protocol=tcp -h "$host" -P 3306); fi
		;;
	*) DB_ADDR=(--protocol=tcp -h "${host:-127.0.0.1}" -P "${port:-3306}") ;;
	esac
}

db_is_up() {
	local admin
	admin=$(first_of mariadb-admin mysqladmin) || return 1
	"$admin" --no-defaults "${DB_ADDR[@]}" --connect-timeout=3 ping >/dev/null 2>&1
}

db_wait() { # db_wait SECONDS
	local until=$((SECONDS + $1))
	while ! db_is_up; do
		[ "$SECONDS" -lt "$until" ] || return 1
		sleep 1
	done
}

# Starts this machine's MariaDB: by systemd where it runs, else by the init script, else by its own
# supervisor. The server outlives us, so it gets none of our open files.
db_start() {
	db_is_up && return 0
	if [ ${#DB_ADDR[@]} -gt 0 ]; then
		warn "No MariaDB answers at ${DB_ADDR[*]}."
		return 1
	fi
	local safe started=1
	if [ -d /run/systemd/system ]; then
		as_root systemctl start mariadb || started=
	elif [ -x /etc/init.d/mariadb ]; then
		as_root setsid service mariadb start </dev/null >>"$LOG" 2>&1 9>&- || started=
	fi
	if [ -n "$started" ] && db_wait 30; then return 0; fi
	if safe=$(first_of mariadbd-safe mysqld_safe) && as_root mkdir -p /run/mysqld && as_root chown mysql: /run/mysqld; then
		as_root setsid "$safe" --user=mysql </dev/null >>"$LOG" 2>&1 9>&- &
		if db_wait 60; then return 0; fi
	fi
	warn "MariaDB does not run and could not be started. Start it: sudo service mariadb start"
	return 1
}

db_sql() { # db_sql STATEMENT, as the administrator
	"$(first_of mariadb mysql)" --defaults-extra-file="$DB_CNF" "${DB_ADDR[@]}" -N -B -e "$1"
}

write_cnf() { # write_cnf FILE USER PASSWORD
	(
		umask 077
		printf '[client]\nuser=%s\npassword="%s"\n' "$2" "$3" >"$1.new" && mv "$1.new" "$1"
	)
}

# The database administrator: DB_ROOT_USER and DB_ROOT_PASSWORD when given, else a login of our own,
# made once through root's socket login and kept in the bench's config folder for its owner only.
db_login() {
	if [ -n "${DB_ROOT_USER:-}" ]; then
		DB_CNF=$(mktemp "$CACHE_DIR/db.XXXXXX") && TEMP_FILES+=("$DB_CNF") && write_cnf "$DB_CNF" "$DB_ROOT_USER" "${DB_ROOT_PASSWORD:-}"
		db_sql 'SELECT 1' >/dev/null && return 0
		warn "MariaDB refused the login DB_ROOT_USER=$DB_ROOT_USER."
		return 1
	fi
	DB_CNF=$BENCH_DIR/config/b2b_contracts_db.cnf
	if [ -f "$DB_CNF" ] && db_sql 'SELECT 1' >/dev/null 2>&1; then return 0; fi
	if [ ${#DB_ADDR[@]} -gt 0 ]; then
		warn "Set DB_ROOT_USER and DB_ROOT_PASSWORD to a login that may create databases at ${DB_ADDR[*]}."
		return 1
	fi
	local user password host client
	user="b2b_admin_$(printf '%s' "$BENCH_DIR" | hash_of 8)"
	password=$(random_hex 20)
	client=$(first_of mariadb mysql) || return 1
	mkdir -p "$BENCH_DIR/config" || return 1
	for host in localhost 127.0.0.1; do
		printf "CREATE USER IF NOT EXISTS '%s'@'%s';\nALTER USER '%s'@'%s' IDENTIFIED BY '%s';\n" \
			"$user" "$host" "$user" "$host" "$password"
		printf "GRANT ALL PRIVILEGES ON *.* TO '%s'@'%s' WITH GRANT OPTION;\n" "$user" "$host"
	done | as_root "$client" --no-defaults -uroot || {
		warn "MariaDB's root user has a password here. Set DB_ROOT_USER and DB_ROOT_PASSWORD."
		return 1
	}
	write_cnf "$DB_CNF" "$user" "$password" && db_sql 'SELECT 1' >/dev/null
}

# --- The bench -------------------------------------------------------------------------------------

bench_present() { [ -x "$BENCH_DIR/env/bin/python" ] && [ -f "$BENCH_DIR/apps/frappe/frappe/__init__.py" ]; }

bench_complete() { # with ERPNext, and installed in the bench's Python
	bench_present && [ -f "$BENCH_DIR/apps/erpnext/erpnext/__init__.py" ] &&
		"$BENCH_DIR/env/bin/python" -c 'import importlib.util as u, sys; sys.exit(not (u.find_spec("frappe") and u.find_spec("erpnext")))'
}

assets_ready() { # the bench's own JavaScript and CSS, built when they are not there
	[ -s "$BENCH_DIR/sites/assets/assets.json" ] && return 0
	have yarn || { warn "yarn is needed to build ERPNext's assets: npm install -g yarn@1"; return 1; }
	local app
	mkdir -p "$BENCH_DIR/sites/assets"
	for app in frappe erpnext; do
		if [ -f "$BENCH_DIR/apps/$app/package.json" ] && [ ! -d "$BENCH_DIR/apps/$app/node_modules" ]; then
			(cd "$BENCH_DIR/apps/$app" && yarn install --non-interactive) || return 1
		fi
	done
	(
		cd "$BENCH_DIR/sites" &&
			"$BENCH_DIR/env/bin/python" -m frappe.utils.bench_helper frappe build --production --apps frappe,erpnext
	) && [ -s "$BENCH_DIR/sites/assets/assets.json" ]
}

# --- The workbench -----------------------------------------------------------------------------------

# workbench_open NAME: opens $BENCH_DIR/b2b/NAME for this run alone (another run waits) and sets WB.
workbench_open() {
	local folder=$BENCH_DIR/b2b/$1
	mkdir -p "$folder"/{apps,sites,config,logs,pids} || return 1
	exec 9>"$folder/lock"
	if ! flock -n 9; then
		say "Another run is using $folder: waiting for it to end."
		flock 9
	fi
	WB=$folder # not before it is ours: what ends with us ends the workbench's processes
}

relink() { # relink TARGET LINK, in one move
	[ "$(readlink "$2" 2>/dev/null)" != "$1" ] || return 0
	rm -f "$2.new"
	ln -s "$1" "$2.new" && mv -T "$2.new" "$2"
}

# app_dependencies: what pyproject.toml asks for, in the bench's Python. A bench that only links this checkout
# has never installed it. Asks nobody where nothing is missing.
app_dependencies() {
	local python=$BENCH_DIR/env/bin/python missing
	missing=$(dependencies_missing "$python") || return 1
	[ -n "$missing" ] || return 0
	( # one at a time, when two runs start together
		flock 8
		missing=$(dependencies_missing "$python") || exit 1
		[ -n "$missing" ] || exit 0
		printf '%s\n' "$missing" | xargs -d '\n' "$python" -m pip install -q --disable-pip-version-check || {
			warn "The bench's Python lacks packages that the app needs. Install them: $python -m pip install $(xargs -d '\n' printf "'%s' " <<<"$missing")"
			exit 1
		}
	) 8>"$BENCH_DIR/b2b/python.lock"
}

dependencies_missing() { # dependencies_missing PYTHON: the requirements of pyproject.toml that it does not meet, a line each
	"$1" - "$REPO/pyproject.toml" <<'PY'
import sys
from importlib.metadata import PackageNotFoundError, version
try:
    import tomllib
except ImportError:  # before Python 3.11
    from pip._vendor import tomli as tomllib
try:
    from packaging.requirements import Requirement
except ImportError:
    from pip._vendor.packaging.requirements import Requirement
with open(sys.argv[1], "rb") as file:
    wanted = [Requirement(text) for text in tomllib.load(file)["project"]["dependencies"]]
for requirement in wanted:
    if requirement.marker and not requirement.marker.evaluate():
        continue
    try:
        if requirement.specifier.contains(version(requirement.name), prereleases=True):
            continue
    except PackageNotFoundError:
        pass
    print(f"{requirement.name}{requirement.specifier}")
PY
}

# workbench_fill KEY=VALUE…: lays out the workbench anew (links, apps.txt, common_site_config.json
# with the given values). Needs db_login and redis_start before it.
workbench_fill() {
	app_dependencies || return 1
	relink "$BENCH_DIR/env" "$WB/env" &&
		relink "$BENCH_DIR/apps/frappe" "$WB/apps/frappe" &&
		relink "$BENCH_DIR/apps/erpnext" "$WB/apps/erpnext" &&
		relink "$REPO" "$WB/apps/$APP" &&
		printf 'frappe\nerpnext\n%s\n' "$APP" >"$WB/sites/apps.txt" &&
		link_assets || return 1
	"$BENCH_DIR/env/bin/python" - "$WB" "$(cat "$WB/config/redis.port")" "${DB_ADDR[*]}" "$(db_sql 'SELECT @@port')" "$@" <<'PY' || return 1
import json, sys
workbench, redis_port, db_addr, db_port, *extra = sys.argv[1:]
redis = f"redis://127.0.0.1:{redis_port}"
config = {
    "bench_id": workbench.strip("/").replace("/", "-"),
    "redis_cache": f"{redis}/0",
    "redis_queue": f"{redis}/1",
    "redis_socketio": f"{redis}/1",
    "developer_mode": 0,
    "background_workers": 1,
    "mute_emails": 1,
}
words = db_addr.split()
if "-h" in words:
    config["db_host"] = words[words.index("-h") + 1]
    config["db_port"] = int(words[words.index("-P") + 1])
elif db_port != "3306":  # reached through its socket, while Frappe uses TCP
    config["db_port"] = int(db_port)
for pair in extra:
    key, value = pair.split("=", 1)
    config[key] = int(value) if value.isdigit() else value
json.dump(config, open(f"{workbench}/sites/common_site_config.json", "w"), indent=1)
PY
	in_workbench "$BENCH_DIR/env/bin/python" -c 'import sys, b2b_contracts as app; sys.exit(app.__file__ != sys.argv[1] and f"The code that would run is {app.__file__}.")' "$REPO/$APP/__init__.py"
}

# The bench's built assets, and this checkout's own files. A bundle of ours is built by Frappe's
# builder into the checkout's public/dist.
link_assets() {
	local assets=$WB/sites/assets name
	mkdir -p "$assets/js" "$assets/css" || return 1
	relink "$BENCH_DIR/apps/frappe/frappe/public" "$assets/frappe" || return 1
	relink "$BENCH_DIR/apps/erpnext/erpnext/public" "$assets/erpnext" || return 1
	for name in assets.json assets-rtl.json; do
		if [ -f "$BENCH_DIR/sites/assets/$name" ]; then cp "$BENCH_DIR/sites/assets/$name" "$assets/$name" || return 1; fi
	done
	if [ -d "$BENCH_DIR/sites/assets/locale" ]; then cp -ru "$BENCH_DIR/sites/assets/locale" "$assets/" || return 1; fi
	if [ ! -d "$REPO/$APP/public" ]; then return 0; fi
	relink "$REPO/$APP/public" "$assets/$APP" || return 1
	if compgen -G "$REPO/$APP/public/js/*.bundle.*" >/dev/null || compgen -G "$REPO/$APP/public/scss/*.bundle.*" >/dev/null; then
		(cd "$BENCH_DIR/apps/frappe" && FRAPPE_BENCH_ROOT=$WB node esbuild --production --apps "$APP")
	fi
}

in_workbench() { # in_workbench COMMAND…: in the workbench's sites folder, with this checkout's code
	(
		cd "$WB/sites" || exit 1
		exec env -u FRAPPE_SITE -u SITES_PATH FRAPPE_BENCH_ROOT="$WB" PYTHONPATH="$REPO" "$@"
	)
}

frappe() { # frappe --site SITE COMMAND…: what `bench --site SITE COMMAND…` does
	in_workbench "$BENCH_DIR/env/bin/python" -m frappe.utils.bench_helper frappe "$@"
}

free_port() { # free_port FIRST: the first free port from FIRST on; 0 for any
	"${PYTHON:-$BENCH_DIR/env/bin/python}" - "$1" <<'PY'
import socket, sys
first = int(sys.argv[1])
for port in range(first, first + 200) if first else [0]:
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(s.getsockname()[1])
        break
else:
    sys.exit("no free port")
PY
}

# --- Our own processes: one PID file each -----------------------------------------------------------

pid_alive() { # pid_alive NAME: the process of that PID file runs, and is ours
	local pid
	pid=$(cat "$WB/pids/$1.pid" 2>/dev/null) || return 1
	[ -n "$pid" ] && [ -d "/proc/$pid" ] && [ "$(readlink "/proc/$pid/cwd")" = "$WB/sites" ]
}

start_process() { # start_process NAME COMMAND…, in the workbench, its output in logs/NAME.log
	local name=$1
	shift
	stop_process "$name"
	(
		cd "$WB/sites" || exit 1
		exec setsid env -u FRAPPE_SITE -u SITES_PATH FRAPPE_BENCH_ROOT="$WB" PYTHONPATH="$REPO" "$@" \
			</dev/null >>"$WB/logs/$name.log" 2>&1 9>&-
	) &
	printf '%s\n' "$!" >"$WB/pids/$name.pid"
}

stop_process() { # stop_process NAME: asks it, waits ten seconds, then ends it and its children
	local pid waited=0
	if pid_alive "$1"; then
		pid=$(cat "$WB/pids/$1.pid")
		kill -TERM "$pid" 2>/dev/null || true
		while [ -d "/proc/$pid" ] && [ "$waited" -lt 100 ]; do
			if [ "$(awk '{print $3}' "/proc/$pid/stat" 2>/dev/null)" = Z ]; then break; fi
			sleep 0.1
			waited=$((waited + 1))
		done
		kill -KILL -- "-$pid" 2>/dev/null || true
	fi
	rm -f "$WB/pids/$1.pid"
}

# Redis for this workbench only, on a free port: the bench's own Redis keeps its jobs and its cache.
redis_start() {
	local server port tries=0
	if pid_alive redis; then return 0; fi
	server=$(first_of redis-server) || { warn "redis-server is not installed: $(apt_command redis-server)"; return 1; }
	port=$(free_port 0) || return 1
	printf '%s\n' "$port" >"$WB/config/redis.port"
	start_process redis "$server" --port "$port" --bind 127.0.0.1 --save '' --appendonly no
	until redis_command ping >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || { warn "Redis did not start: see $WB/logs/redis.log"; return 1; }
		sleep 0.1
	done
}

redis_command() { redis-cli -h 127.0.0.1 -p "$(cat "$WB/config/redis.port")" "$@"; }

# web_start SITE PORT: the site's pages and files, for this machine only unless WEB_LISTEN says otherwise.
web_start() {
	start_process web "$BENCH_DIR/env/bin/python" -m gunicorn.app.wsgiapp --bind "${WEB_LISTEN:-127.0.0.1}:$2" \
		--worker-class gthread --workers "${WEB_WORKERS:-2}" --threads 4 --timeout 120 --graceful-timeout 5 \
		"frappe.app:application_with_statics()"
	web_wait "$1" "$2"
}

web_wait() { # web_wait SITE PORT: until the site answers
	"$BENCH_DIR/env/bin/python" - "$1" "$2" <<'PY' && return 0
import sys, time, urllib.request
site, port = sys.argv[1:]
request = urllib.request.Request(f"http://127.0.0.1:{port}/api/method/ping", headers={"Host": f"{site}:{port}"})
for attempt in range(120):
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            if b"pong" in answer.read():
                sys.exit(0)
    except OSError as error:
        problem = error
    time.sleep(0.5)
sys.exit(f"the site did not answer: {problem}")
PY
	tail -n 20 "$WB/logs/web.log"
	return 1
}

worker_start() {
	start_process worker "$BENCH_DIR/env/bin/python" -m frappe.utils.bench_helper frappe worker --queue short,default,long --quiet
}

# --- Sites -------------------------------------------------------------------------------------------

db_name_of() { printf '%s_%s' "${1%%.*}" "$(printf '%s' "$WB" | hash_of 8)" | tr - _; } # of a site

db_make() { # db_make DATABASE PASSWORD: an empty database and its user; a former one of that name goes
	local host hosts=(localhost 127.0.0.1) sql=
	if [ ${#DB_ADDR[@]} -gt 0 ]; then hosts=(%); fi
	for host in localhost 127.0.0.1 %; do sql+="DROP USER IF EXISTS '$1'@'$host';"; done
	sql+="DROP DATABASE IF EXISTS \`$1\`; CREATE DATABASE \`$1\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;"
	for host in "${hosts[@]}"; do
		sql+="CREATE USER '$1'@'$host' IDENTIFIED BY '$2';"
		sql+="GRANT ALL PRIVILEGES ON \`$1\`.* TO '$1'@'$host';"
	done
	db_sql "$sql"
}

db_dump() { # db_dump DATABASE FILE
	"$(first_of mariadb-dump mysqldump)" --defaults-extra-file="$DB_CNF" "${DB_ADDR[@]}" --single-transaction \
		--skip-lock-tables --quick "$1" >"$2.$$" && mv "$2.$$" "$2" # two runs may write the same one
}

site_drop() { # site_drop SITE: its database, user and folder
	local db host
	db=$(db_name_of "$1")
	for host in localhost 127.0.0.1 %; do db_sql "DROP USER IF EXISTS '$db'@'$host'" || return 1; done
	db_sql "DROP DATABASE IF EXISTS \`$db\`" && rm -rf "${WB:?}/sites/$1"
}

# site_from_dump SITE DUMP [KEY=VALUE…]: the site as it is in the dump, whatever it was before.
# Administrator's password is "admin".
site_from_dump() {
	local site=$1 dump=$2 db password
	shift 2
	db=$(db_name_of "$site")
	password=$(random_hex 16)
	rm -rf "${WB:?}/sites/$site" || return 1
	mkdir -p "$WB/sites/$site"/{public/files,private/files,private/backups,locks,logs} || return 1
	db_make "$db" "$password" || return 1
	"$(first_of mariadb mysql)" --defaults-extra-file="$DB_CNF" "${DB_ADDR[@]}" "$db" <"$dump" || return 1
	"$BENCH_DIR/env/bin/python" - "$WB/sites/$site/site_config.json" "$db" "$password" "$@" <<'PY' || return 1
import json, os, sys
path, db, password, *extra = sys.argv[1:]
config = {"db_name": db, "db_password": password, "db_type": "mariadb"}
config.update(pair.split("=", 1) for pair in extra)
with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
    json.dump(config, file, indent=1)
PY
	redis_command -n 0 flushdb >/dev/null # what it knew of a former site of that name
}

# base_ready: a dump of a site with ERPNext and nothing else, made once per version of the bench's
# apps and shared by all workbenches of the bench. Sets BASE_DUMP.
base_ready() {
	local key folder=$BENCH_DIR/b2b/base site=b2b-base.localhost db password
	key=$(cd "$BENCH_DIR/apps" && cat {frappe/frappe,erpnext/erpnext}/{__init__.py,patches.txt,modules.txt} | hash_of) || return 1
	BASE_DUMP=$folder/erpnext-$key.sql
	[ ! -s "$BASE_DUMP" ] || return 0
	mkdir -p "$folder" || return 1
	db=$(db_name_of "$site")
	password=$(random_hex 16)
	rm -rf "${WB:?}/sites/$site"
	db_make "$db" "$password" &&
		frappe new-site "$site" --no-setup-db --db-name "$db" --db-password "$password" --admin-password admin --install-app erpnext &&
		db_dump "$db" "$BASE_DUMP" &&
		site_drop "$site"
}

# What an installation of the app on a site depends on; the same value, the same tables and records.
app_fingerprint() {
	(
		cd "$REPO" || exit 1
		{
			printf '%s\n' "$BASE_DUMP"
			find "$APP" -type f \( -name '*.json' -o -name '*.txt' -o -name '*.py' -o -name '*.html' \) \
				-not -path '*/tests/*' -not -path '*/public/*' -not -path '*/__pycache__/*' -print0 |
				LC_ALL=C sort -z | xargs -0 sha256sum
		} | hash_of
	)
}

# installed_ready: a dump of a site with ERPNext and this checkout's app. Sets INSTALLED_DUMP. The
# last few are kept, so that going from one checkout to another costs nothing.
installed_ready() {
	local folder=$BENCH_DIR/b2b/base site=b2b-install.localhost key
	key=$(app_fingerprint) || return 1
	INSTALLED_DUMP=$folder/app-$key.sql
	if [ -s "$INSTALLED_DUMP" ] && [ -z "${FRESH:-}" ]; then
		touch "$INSTALLED_DUMP"
		return 0
	fi
	site_from_dump "$site" "$BASE_DUMP" || return 1
	frappe --site "$site" install-app "$APP" || return 1
	# install-app ends with status 0 even where a hook gave up half-way.
	[[ $'\n'$(frappe --site "$site" list-apps) == *$'\n'"$APP"* ]] || { warn "$APP is not on the site after install-app."; return 1; }
	db_dump "$(db_name_of "$site")" "$INSTALLED_DUMP" && site_drop "$site" || return 1
	find "$folder" -name 'app-*.sql' -printf '%T@ %p\n' | sort -rn | tail -n +6 | cut -d' ' -f2- | xargs -r rm -f
}
