// Words, colours and HTML pieces that the credit screens share. Everything that comes from a document is escaped here.
frappe.provide("b2b_contracts.credit");

Object.assign(b2b_contracts.credit, {
	// Lowest to highest: a higher role may act for a lower one (engine/approval.py).
	ROLE_RANK: [
		"Account Manager",
		"Sales Manager",
		"Credit Controller",
		"Credit Manager",
		"Finance Director",
		"CFO",
		"Board",
	],
	STATUS_COLOUR: {
		Clear: "green",
		Held: "orange",
		Stopped: "red",
		Released: "blue",
		Rejected: "darkgrey",
		"Not Checked": "gray",
	},
	BACK_TEST_COLOUR: {
		Draft: "gray",
		Queued: "blue",
		Running: "blue",
		Completed: "green",
		Failed: "red",
		Cancelled: "darkgrey",
	},
	HOLD_COLOUR: {
		Open: "orange",
		Released: "blue",
		Rejected: "darkgrey",
		Cleared: "green",
		Expired: "gray",
		Cancelled: "gray",
	},
	// The server's number for "there is no limit to be a percentage of" (credit/holds.py).
	NO_PERCENTAGE: 9.99e8,
	WAITING: ["Held", "Stopped", "Rejected"],

	esc(value) {
		return frappe.utils.escape_html(cstr(value ?? ""));
	},

	money(amount, currency) {
		// Number, not flt: amounts of a decision are text with a point, and flt reads that as a Dane would.
		return this.esc(format_currency(Number(amount) || 0, currency));
	},

	percent(value) {
		if (value === null || value === undefined) return __("no limit");
		if (value >= this.NO_PERCENTAGE) return "∞";
		return `${format_number(value, null, 1)} %`;
	},

	// "3 h 20 min left", "2 h 5 min overdue"; the clock of a hold in minutes.
	clock_text(minutes) {
		const span = this.span_text(Math.abs(minutes));
		return minutes < 0 ? __("{0} overdue", [span]) : __("{0} left", [span]);
	},

	span_text(minutes) {
		const days = Math.floor(minutes / 1440);
		const hours = Math.floor((minutes % 1440) / 60);
		const rest = Math.round(minutes % 60);
		if (days) return hours ? __("{0} d {1} h", [days, hours]) : __("{0} d", [days]);
		if (hours) return rest ? __("{0} h {1} min", [hours, rest]) : __("{0} h", [hours]);
		return __("{0} min", [rest]);
	},

	clock_colour(minutes) {
		if (minutes < 0) return "red";
		return minutes < 60 ? "orange" : "green";
	},

	minutes_until(datetime) {
		// Documents keep the site's time, whatever the time zone of the user.
		return moment.tz(datetime, frappe.boot.time_zone.system).diff(moment(), "minutes");
	},

	pill(text, colour) {
		return `<span class="indicator-pill ${this.esc(colour)}">${this.esc(text)}</span>`;
	},

	// A link to a document, or its name alone for whom it would lead nowhere.
	link(doctype, name, text) {
		if (!name) return "";
		const words = this.esc(text || name);
		if (!frappe.model.can_read(doctype)) return words;
		return `<a href="${this.esc(frappe.utils.get_form_link(doctype, name))}">${words}</a>`;
	},

	person(user) {
		return this.esc(frappe.user_info(user).fullname || user);
	},

	// Makes the full names of people known, for `person`.
	async meet(users) {
		const unknown = [...new Set(users)].filter((user) => user && !frappe.boot.user_info[user]);
		if (!unknown.length) return;
		const found = await this.post("frappe.desk.form.load.get_user_info_for_viewers", {
			users: JSON.stringify(unknown),
		});
		if (found) frappe.update_user_info(found);
	},

	// Whether one of my roles is at least this one. The server decides; this only spares buttons that would be refused.
	may_act_for(required) {
		const rank = this.ROLE_RANK.indexOf(required || "Credit Controller");
		// Off the ladder (compliance): only that role itself.
		if (rank < 0) return frappe.user.has_role(required);
		return this.ROLE_RANK.some((role, n) => n >= rank && frappe.user.has_role(role));
	},

	is_credit_role() {
		return this.may_act_for("Credit Controller");
	},

	// A call whose failure nobody needs to see: a panel that cannot be drawn is simply not there.
	quiet(method, args) {
		return this.post(`b2b_contracts.api.${method}`, args);
	},

	// Returns what a method answers, null when it fails.
	async post(method, args) {
		try {
			const answer = await fetch(`/api/method/${method}`, {
				method: "POST",
				headers: {
					"Content-Type": "application/json",
					Accept: "application/json",
					"X-Frappe-CSRF-Token": frappe.csrf_token,
				},
				body: JSON.stringify(args),
			});
			return answer.ok ? (await answer.json()).message : null;
		} catch {
			return null;
		}
	},

	// Says something above the fields, in place of what was said there under the same key: a form's indicators are on its last
	// tab, where nobody looks.
	say_on_form(frm, key, html, colour) {
		frm.layout.message.find(`.form-message:has(.${key})`).remove();
		if (html) frm.set_intro(`<span class="${key}">${html}</span>`, colour);
	},

	// A call that somebody asked for: it shows what it does, and what goes wrong. A method without dots is one of `api`.
	act(method, args) {
		return new Promise((resolve, reject) => {
			frappe.call({
				method: method.includes(".") ? method : `b2b_contracts.api.${method}`,
				args,
				freeze: true,
				callback: (answer) => resolve(answer.message),
				error: reject,
			});
		});
	},
});
