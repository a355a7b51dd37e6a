// The collections worklist: whom to call first and why, what to do next, and one key for what came of it.
frappe.provide("b2b_contracts.credit");

frappe.pages["collections-worklist"].on_page_load = (wrapper) => {
	wrapper.worklist = new b2b_contracts.credit.Worklist(wrapper);
};
frappe.pages["collections-worklist"].on_page_show = (wrapper) => wrapper.worklist?.shown();

b2b_contracts.credit.Worklist = class Worklist {
	constructor(wrapper) {
		this.credit = b2b_contracts.credit;
		this.page = frappe.ui.make_app_page({
			parent: wrapper,
			title: __("Collections worklist"),
			single_column: true,
		});
		this.rows = [];
		this.start = 0;
		this.at = -1;
		this.$body = $(`<div class="b2b-worklist">
			<div class="b2b-worklist__bar"></div>
			<div class="b2b-worklist__body"><div class="b2b-worklist__list"></div></div>
		</div>`).appendTo(this.page.main);
		this.page.main.addClass("frappe-card").css("padding", "12px 16px");
		this.listen();
		this.begin();
	}

	call(method, args) {
		return frappe.xcall(`b2b_contracts.worklist_api.${method}`, args);
	}

	async begin() {
		await frappe.model.with_doctype("Collection Task");
		const company = frappe.defaults.get_user_default("Company") || this.companies()[0];
		this.options = await this.call("options", { company });
		this.add_fields(company);
		this.add_menu();
		const saved = this.options.saved.find((filter) => filter.is_default);
		if (saved) this.apply(saved.filters);
		else if (this.options.own_portfolio) this.apply({ company, collector: frappe.session.user });
		else this.load();
	}

	shown() {
		// What was done on another page may have changed what comes next.
		if (this.loaded) this.load({ keep: true });
	}

	companies() {
		return Object.keys(locals[":Company"] || {}).sort();
	}

	// ---------------------------------------------------------------- filters
	add_fields(company) {
		const choices = (values, all) => [{ value: "", label: all }, ...values];
		const { collectors, segments, situations } = this.options;
		const situation = {
			"Can Be Asked For": __("Something can be asked for"),
			"Broken Promise": __("Promise broken"),
			"Task Due": __("Task due"),
			"Open Dispute": __("Dispute open"),
			"Nothing to Ask For": __("Nothing can be asked for"),
		};
		const fields = [
			{ fieldname: "company", fieldtype: "Select", label: __("Company"), options: this.companies() },
			...(collectors.length
				? [
						{
							fieldname: "collector",
							fieldtype: "Select",
							label: __("Portfolio"),
							options: choices(
								[
									...collectors.map(({ user, name }) => ({ value: user, label: name })),
									{ value: "-", label: __("Nobody's") },
								],
								__("All portfolios")
							),
						},
				  ]
				: []),
			{
				fieldname: "situation",
				fieldtype: "Select",
				label: __("Situation"),
				options: choices(
					situations.map((value) => ({ value, label: situation[value] })),
					__("All situations")
				),
			},
			{
				fieldname: "segment",
				fieldtype: "Select",
				label: __("Segment"),
				options: choices(
					segments.map((value) => ({ value, label: __("Segment {0}", [value]) })),
					__("All segments")
				),
			},
			{
				fieldname: "risk_class",
				fieldtype: "Select",
				label: __("Risk class"),
				options: choices(
					["A", "B", "C"].map((value) => ({ value, label: __("Risk class {0}", [value]) })),
					__("All risk classes")
				),
			},
			{ fieldname: "least_amount", fieldtype: "Int", label: __("Amount from") },
			{ fieldname: "least_days", fieldtype: "Int", label: __("Days late from") },
			{ fieldname: "search", fieldtype: "Data", label: __("Customer") },
		];
		this.fields = {};
		const changed = frappe.utils.debounce(() => !this.filling && this.load(), 300);
		for (const df of fields) {
			const field = this.page.add_field({ ...df, change: changed });
			if (df.fieldname === "company") field.set_input(company);
			this.fields[df.fieldname] = field;
		}
	}

	filters() {
		const found = {};
		for (const [name, field] of Object.entries(this.fields)) {
			const value = field.get_value();
			if (value) found[name] = value;
		}
		return found;
	}

	apply(filters) {
		this.filling = true;
		for (const [name, field] of Object.entries(this.fields)) {
			const value = filters[name] ?? (name === "company" ? field.get_value() : "");
			field.set_input(value);
			field.last_value = value;
		}
		// Controls tell of a change a moment later.
		setTimeout(() => (this.filling = false), 500);
		return this.load();
	}

	add_menu() {
		this.page.clear_menu();
		this.page.add_menu_item(__("Save filter"), () => this.save_filter());
		for (const { name, filters } of this.options.saved) {
			this.page.add_menu_item(__("Filter: {0}", [this.credit.esc(name)]), () => this.apply(filters));
		}
		if (this.options.saved.length)
			this.page.add_menu_item(__("Remove a filter"), () => this.remove_filter());
		this.page.add_menu_item(__("How the list is sorted"), () => this.show_formula());
		this.page.add_menu_item(__("Keys"), () => this.show_keys());
		this.page.set_secondary_action(__("Refresh"), () => this.load({ keep: true }), {
			icon: "refresh",
		});
	}

	save_filter() {
		const dialog = new frappe.ui.Dialog({
			title: __("Save filter"),
			fields: [
				{ fieldname: "name", fieldtype: "Data", label: __("Name"), reqd: 1 },
				{ fieldname: "is_default", fieldtype: "Check", label: __("Show it first") },
			],
			primary_action_label: __("Save"),
			primary_action: async ({ name, is_default }) => {
				const args = { name, is_default: is_default ? 1 : 0, filters: this.filters() };
				this.options.saved = await this.call("save_filter", args);
				dialog.hide();
				this.add_menu();
				frappe.show_alert({ message: __("Saved: {0}", [this.credit.esc(name)]), indicator: "green" });
			},
		});
		dialog.show();
	}

	remove_filter() {
		frappe.prompt(
			{
				fieldname: "name",
				fieldtype: "Select",
				label: __("Filter"),
				options: this.options.saved.map(({ name }) => name),
				reqd: 1,
			},
			async ({ name }) => {
				this.options.saved = await this.call("remove_filter", { name });
				this.add_menu();
			},
			__("Remove a filter"),
			__("Remove")
		);
	}

	// ---------------------------------------------------------------- the list
	async load({ keep = false } = {}) {
		if (!keep) this.start = 0;
		const { company, ...filters } = this.filters();
		const chosen = keep ? this.chosen()?.customer : null;
		const asked = (this.asked = (this.asked || 0) + 1);
		const answer = await this.call("entries", { company, filters, start: this.start });
		// A later question may have been answered first.
		if (asked !== this.asked) return;
		this.loaded = true;
		this.answer = answer;
		this.rows = answer.rows;
		const same = this.rows.findIndex(({ customer }) => customer === chosen);
		this.at = same >= 0 ? same : Math.min(Math.max(this.at, 0), this.rows.length - 1);
		this.draw();
		if (this.opened) await this.open_panel();
	}

	chosen() {
		return this.rows[this.at];
	}

	draw() {
		const { total, chased, currency, start, length } = this.answer;
		const last = Math.min(start + length, total);
		const turn = (by, label, disabled) =>
			`<button type="button" class="btn btn-xs btn-default" data-turn="${by}" ${
				disabled ? "disabled" : ""
			}>${label}</button>`;
		const number = `<b>${total}</b>`;
		const amount = `<b>${this.credit.money(chased, currency)}</b>`;
		const said = __("{0} customers, {1} can be asked for", [number, amount]);
		const pages =
			total > length
				? `<span class="text-muted">${start + 1}–${last}</span>` +
				  turn(-1, __("Previous"), start === 0) +
				  turn(1, __("Next"), last >= total)
				: "";
		this.$body.find(".b2b-worklist__bar").html(
			`<span class="b2b-worklist__total">${said}</span>
				<span class="b2b-worklist__keys text-muted"><kbd>?</kbd> ${__("Keys")}</span>${pages}`
		);
		const head = [
			["priority", __("Priority")],
			["customer", __("Customer")],
			["amount", __("Can be asked for")],
			["days", __("Days late")],
			["action", __("What to do next")],
			["last", __("Last contact")],
			["who", __("Collector")],
		];
		const numbers = ["priority", "amount", "days"];
		this.$body
			.find(".b2b-worklist__list")
			.html(
				this.rows.length
					? `<table class="table b2b-worklist__table"><thead><tr>${head
							.map(
								([name, label]) =>
									`<th class="b2b-worklist__${name} ${
										numbers.includes(name) ? "b2b-worklist__number" : ""
									}">${label}</th>`
							)
							.join("")}</tr></thead><tbody>${this.rows
							.map((row, n) => this.row_html(row, n))
							.join("")}</tbody></table>`
					: `<div class="b2b-worklist__none">${__("Nobody is on this list.")}</div>`
			);
		this.mark();
	}

	row_html(row, n) {
		const esc = (text) => this.credit.esc(text);
		const pill = (text, colour) => this.credit.pill(text, colour);
		const { currency } = this.answer;
		const { action, last_contact } = row;
		const about = [
			row.segment && __("Segment {0}", [esc(row.segment)]),
			row.risk_class && __("Risk class {0}", [esc(row.risk_class)]),
		];
		const stopped = ["Stop", "Delivery Stop", "Hold"].includes(row.credit_status)
			? pill(
					__(row.credit_status, null, "Credit Profile"),
					row.credit_status === "Hold" ? "orange" : "red"
			  )
			: "";
		const aside = row.left_out.length
			? `<small>${__("of {0} overdue", [this.credit.money(row.overdue, currency)])}<br>${row.left_out
					.map(esc)
					.join("<br>")}</small>`
			: "";
		const day =
			action.day && action.day > frappe.datetime.get_today()
				? frappe.datetime.str_to_user(action.day)
				: "";
		const contact = last_contact
			? `${comment_when(last_contact.on)}<small>${esc(
					__(last_contact.outcome, null, "Collection Task")
			  )}<br>${esc(last_contact.by)}</small>`
			: "";
		return `<tr data-row="${n}" aria-selected="false">
			<td class="b2b-worklist__number"><button type="button" class="b2b-worklist__points" data-formula="${n}"
				title="${__("How it comes about")}">${format_number(row.priority, null, 1)}</button></td>
			<td><b>${esc(row.customer_name)}</b> ${stopped}<small>${about.filter(Boolean).join(" · ")}</small></td>
			<td class="b2b-worklist__number"><b>${this.credit.money(row.chased, currency)}</b>${aside}</td>
			<td class="b2b-worklist__number b2b-worklist__days">${row.days || ""}</td>
			<td>${pill(day ? `${action.label}: ${day}` : action.label, action.colour)}<small>${esc(
			action.reason
		)}</small></td>
			<td class="b2b-worklist__last">${contact}</td>
			<td class="b2b-worklist__who">${esc(row.collector_name)}</td>
		</tr>`;
	}

	mark() {
		const $rows = this.$body.find("tr[data-row]").attr("aria-selected", "false");
		$rows.eq(this.at).attr("aria-selected", "true");
	}

	move(by) {
		if (!this.rows.length) return;
		this.at = Math.min(Math.max(this.at + by, 0), this.rows.length - 1);
		this.mark();
		this.$body.find("tr[data-row]").get(this.at)?.scrollIntoView({ block: "nearest" });
		if (this.opened) this.open_panel();
	}

	turn(by) {
		const start = this.start + by * this.answer.length;
		if (start < 0 || start >= this.answer.total) return;
		this.start = start;
		this.at = 0;
		this.load({ keep: true });
	}

	// ---------------------------------------------------------------- one customer
	async open_panel() {
		const row = this.chosen();
		if (!row) return this.close_panel();
		this.opened = true;
		const { company } = this.answer;
		const sheet = await this.call("customer", { customer: row.customer, company });
		if (!this.opened || this.chosen()?.customer !== row.customer) return sheet;
		this.sheet = sheet;
		this.rows[this.at] = sheet.row;
		let $panel = this.$body.find(".b2b-worklist__panel");
		if (!$panel.length) {
			$panel = $(`<aside class="b2b-worklist__panel"></aside>`).appendTo(
				this.$body.find(".b2b-worklist__body")
			);
		}
		this.$body.addClass("b2b-worklist--open");
		$panel.html(this.panel_html(sheet)).scrollTop(0);
		$panel.find("table").wrap(`<div class="b2b-worklist__scroll"></div>`);
		return sheet;
	}

	panel_html({ row, ...sheet }) {
		const esc = (text) => this.credit.esc(text);
		const pill = (text, colour) => this.credit.pill(text, colour);
		const buttons = this.actions()
			.filter(({ may }) => may)
			.map(
				({ key, label }, n) =>
					`<button type="button" class="btn btn-xs ${
						n ? "btn-default" : "btn-primary"
					}" data-key="${key}">${label} <kbd>${key}</kbd></button>`
			);
		return `<h4>${this.credit.link("Customer", row.customer, row.customer_name)}</h4>
			<p>${pill(row.action.label, row.action.colour)} ${esc(row.action.reason)}</p>
			<div class="b2b-worklist__buttons">${buttons.join("")}</div>
			<h6>${__("What to say")}</h6>
			${this.credit.call_sheet_html(sheet)}`;
	}

	close_panel() {
		this.opened = false;
		this.sheet = null;
		this.$body.removeClass("b2b-worklist--open").find(".b2b-worklist__panel").remove();
	}

	show_formula(row = null) {
		const esc = (text) => this.credit.esc(text);
		const factors = row
			? `<h5>${esc(row.customer_name)}</h5><table class="table b2b-credit__table"><thead><tr><th>${__(
					"Factor"
			  )}</th><th class="text-right">${__("Value")}</th><th>${__(
					"How it comes about"
			  )}</th></tr></thead><tbody>${row.factors
					.map(
						({ label, value, text }) =>
							`<tr><td>${esc(label)}</td><td class="text-right">${format_number(
								value,
								null,
								2
							)}</td><td>${esc(text)}</td></tr>`
					)
					.join("")}<tr class="b2b-credit__needed"><td>${__(
					"Priority"
			  )}</td><td class="text-right">${format_number(row.priority, null, 1)}</td><td>${__(
					"All of them multiplied."
			  )}</td></tr></tbody></table>`
			: "";
		const settings = this.options.may.settings
			? `<p><a href="${esc(frappe.utils.get_form_link("Worklist Settings", "Worklist Settings"))}">${__(
					"Change what the factors weigh"
			  )}</a></p>`
			: "";
		frappe.msgprint({
			title: __("How the list is sorted"),
			message: `${factors}<p>${esc(this.options.formula)}</p>${settings}`,
			wide: true,
		});
	}

	// ---------------------------------------------------------------- what one can do
	actions() {
		const { may } = this.options;
		return [
			{ key: "c", label: __("Log call"), may: may.log, run: () => this.log() },
			{ key: "p", label: __("Promise"), may: may.log && may.promise, run: () => this.log("Promise") },
			{ key: "n", label: __("Not reached"), may: may.log, run: () => this.log("Not Reached") },
			{
				key: "d",
				label: __("Dispute", null, "Collection Task"),
				may: may.dispute,
				run: () => this.dispute(),
			},
			{ key: "l", label: __("Payment plan"), may: may.plan, run: () => this.plan() },
			{ key: "h", label: __("Put on hold"), may: this.credit.is_credit_role(), run: () => this.hold() },
			{
				key: "t",
				label: __("Open task"),
				may: this.chosen()?.tasks.length,
				run: () => frappe.set_route("Form", "Collection Task", this.chosen().tasks[0].name),
			},
			{
				key: "g",
				label: __("Open customer"),
				may: true,
				run: () => frappe.set_route("Form", "Customer", this.chosen().customer),
			},
		];
	}

	async log(outcome = "") {
		const { company, currency } = this.answer;
		const { row, items, script } = await this.open_panel();
		this.credit.ask_contact({
			title: row.customer_name,
			outcome,
			currency,
			script,
			invoices: items.map(({ sales_invoice }) => sales_invoice),
			tasks: row.tasks.filter(({ kind }) =>
				["Phone Call", "Account Manager Contact", "Other"].includes(kind)
			),
			log: async (args) => {
				const made = (
					await frappe.call({
						method: "b2b_contracts.worklist_api.log_contact",
						args: { customer: row.customer, company, ...args },
						freeze: true,
					})
				).message;
				this.credit.say_what_was_made(made);
				this.load({ keep: true });
			},
		});
	}

	dispute() {
		const { customer } = this.chosen();
		this.credit.report_dispute({
			customer,
			company: this.answer.company,
			done: () => this.load({ keep: true }),
		});
	}

	async plan() {
		const { customer } = this.chosen();
		const plan = await this.credit.act("make_payment_plan", { customer, company: this.answer.company });
		const [doc] = frappe.model.sync(plan);
		frappe.set_route("Form", doc.doctype, doc.name);
	}

	hold() {
		const { customer } = this.chosen();
		this.credit.force_hold(customer, this.answer.company, () => {
			frappe.show_alert({ message: __("The customer is on hold."), indicator: "orange" });
			this.load({ keep: true });
		});
	}

	// ---------------------------------------------------------------- keys and clicks
	keys() {
		const to_search = () => this.fields.search.$input.trigger("focus");
		return [
			{ keys: ["j", "ArrowDown"], label: __("Next customer"), run: () => this.move(1) },
			{ keys: ["k", "ArrowUp"], label: __("Previous customer"), run: () => this.move(-1) },
			{
				keys: ["Enter", "o"],
				label: __("Open what to say and what happened"),
				run: () => this.open_panel(),
			},
			{ keys: ["Escape"], label: __("Close it"), run: () => this.close_panel() },
			...this.actions()
				.filter(({ may }) => may)
				.map(({ key, label, run }) => ({ keys: [key], label, run: () => this.chosen() && run() })),
			{
				keys: ["x"],
				label: __("How its priority comes about"),
				run: () => this.chosen() && this.show_formula(this.chosen()),
			},
			{ keys: [","], label: __("Previous page"), run: () => this.turn(-1) },
			{ keys: ["."], label: __("Next page"), run: () => this.turn(1) },
			{ keys: ["/"], label: __("Search a customer"), run: to_search },
			{ keys: ["s"], label: __("Save filter"), run: () => this.save_filter() },
			{ keys: ["r"], label: __("Refresh"), run: () => this.load({ keep: true }) },
			{ keys: ["?"], label: __("These keys"), run: () => this.show_keys() },
		];
	}

	show_keys() {
		const named = { ArrowDown: "↓", ArrowUp: "↑", Enter: "↵", Escape: "Esc" };
		const rows = this.keys().map(
			({ keys, label }) =>
				`<tr><td>${keys
					.map((key) => `<kbd>${named[key] || key}</kbd>`)
					.join(" ")}</td><td>${label}</td></tr>`
		);
		frappe.msgprint({
			title: __("Keys"),
			message: `<table class="table b2b-credit__table">${rows.join("")}</table>`,
		});
	}

	listen() {
		// Before the desk's own keys, some of which are the same.
		document.addEventListener("keydown", (event) => this.pressed(event), true);
		this.$body.on("click", "[data-formula]", (event) => {
			event.stopPropagation();
			this.show_formula(this.rows[event.currentTarget.dataset.formula]);
		});
		this.$body.on("click", "tr[data-row]", (event) => {
			this.at = Number(event.currentTarget.dataset.row);
			this.mark();
			this.open_panel();
		});
		this.$body.on("click", "[data-turn]", (event) => this.turn(Number(event.currentTarget.dataset.turn)));
		this.$body.on("click", ".b2b-worklist__keys", () => this.show_keys());
		this.$body.on("click", "[data-key]", (event) =>
			this.actions()
				.find(({ key }) => key === event.currentTarget.dataset.key)
				.run()
		);
	}

	pressed(event) {
		if (!this.loaded || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
		if (!$(this.page.wrapper).is(":visible") || $(".modal.show").length) return;
		if ($(event.target).is("input, select, textarea, [contenteditable=true]")) {
			if (event.key === "Escape") event.target.blur();
			return;
		}
		// A button or link that has the focus is pressed by Enter, as everywhere.
		if (event.key === "Enter" && $(event.target).is("button, a")) return;
		const found = this.keys().find(({ keys }) => keys.includes(event.key));
		if (!found) return;
		event.preventDefault();
		event.stopPropagation();
		found.run();
	}
};
