// Everything agreed with one customer on one screen; without a customer, those that there are contracts with.
frappe.provide("b2b_contracts.credit");

frappe.pages["customer-contracts"].on_page_load = (wrapper) => {
	wrapper.contracts = new b2b_contracts.credit.CustomerContracts(wrapper);
};
frappe.pages["customer-contracts"].on_page_show = (wrapper) => wrapper.contracts?.shown();

b2b_contracts.credit.CustomerContracts = class CustomerContracts {
	constructor(wrapper) {
		this.credit = b2b_contracts.credit;
		this.page = frappe.ui.make_app_page({ parent: wrapper, title: __("Contracts of a customer"), single_column: true });
		this.$body = $(`<div class="b2b-agreed"></div>`).appendTo(this.page.main);
		this.add_fields();
		this.page.set_secondary_action(__("Refresh"), () => this.load(), { icon: "refresh" });
		this.$body.on("click", "[data-customer]", (event) => {
			event.preventDefault();
			frappe.set_route("customer-contracts", event.currentTarget.dataset.customer);
		});
		this.$body.on("click", "[data-all]", (event) => {
			const $button = $(event.currentTarget);
			$button.closest("section").find("tr.hidden").removeClass("hidden");
			$button.remove();
		});
	}

	add_fields() {
		this.search = this.page.add_field({
			fieldname: "search",
			fieldtype: "Data",
			label: __("Search a customer"),
			change: () => this.list_customers(),
		});
		this.on = this.page.add_field({
			fieldname: "on",
			fieldtype: "Date",
			label: __("In force on"),
			default: frappe.datetime.get_today(),
			change: () => {
				const day = this.on.get_value();
				if (this.customer && this.answer && day && day !== this.answer.on) this.load();
			},
		});
		// A field of a page has its label inside, where a date covers it.
		this.on.$wrapper.addClass("b2b-agreed__on");
		$(`<span class="text-muted"></span>`).text(__("In force on")).prependTo(this.on.$wrapper);
	}

	async shown() {
		// The words of its fields are translated with it.
		await Promise.all(["B2B Contract", "Contract Event"].map((doctype) => frappe.model.with_doctype(doctype)));
		this.customer = frappe.get_route()[1] || null;
		this.search.$wrapper.toggle(!this.customer);
		this.on.$wrapper.toggle(!!this.customer);
		this.page.clear_menu();
		if (this.customer) {
			this.page.add_menu_item(__("Other customers"), () => frappe.set_route("customer-contracts"));
			if (frappe.model.can_read("Customer"))
				this.page.add_menu_item(__("Open customer"), () => frappe.set_route("Form", "Customer", this.customer));
			if (frappe.model.can_create("B2B Contract"))
				this.page.add_menu_item(__("New contract"), () => frappe.new_doc("B2B Contract", { customer: this.customer }));
		}
		this.load();
	}

	call(method, args) {
		return frappe.xcall(`b2b_contracts.contract_page_api.${method}`, args);
	}

	async load() {
		if (!this.customer) return this.list_customers();
		const asked = (this.asked = (this.asked || 0) + 1);
		const answer = await this.call("customer_contracts", { customer: this.customer, on: this.on.get_value() });
		// A later question may have been answered first.
		if (asked !== this.asked) return;
		this.answer = answer;
		const people = [...answer.contracts.map((row) => row.contract_owner), ...answer.dates.map((row) => row.responsible)];
		await this.credit.meet([...people, ...answer.history.map((row) => row.done_by)]);
		this.draw();
	}

	// ---------------------------------------------------------------- customers
	async list_customers() {
		if (this.customer) return;
		this.page.set_title(__("Contracts of a customer"));
		const asked = (this.asked = (this.asked || 0) + 1);
		const rows = await this.call("customers", { search: this.search.get_value() || "" });
		if (asked !== this.asked || this.customer) return;
		const head = [__("Customer"), __("Running"), __("All contracts"), __("Act by")];
		const lines = rows.map((row) => [
			`<a href="/app/customer-contracts/${encodeURIComponent(row.customer)}" data-customer="${this.esc(row.customer)}">${this.esc(
				row.customer_name || row.customer
			)}</a>`,
			{ number: row.running },
			{ number: row.contracts },
			this.act_by(row.last_date_to_act),
		]);
		this.$body.html(
			this.card(
				"customers",
				__("Customers with contracts"),
				this.table(head, lines, __("You see no contract with a customer of this name.")) +
					(rows.length === 50 ? `<p class="text-muted">${__("These are the first {0}. Find the others with the search.", [50])}</p>` : "")
			)
		);
	}

	// ---------------------------------------------------------------- one customer
	draw() {
		const { answer } = this;
		this.page.set_title(answer.customer_name);
		const day = this.day(answer.on);
		const wide = [
			this.contracts_html(),
			this.prices_html(day),
			this.discounts_html(day),
			this.bonuses_html(day),
			this.services_html(day),
			this.terms_html(day),
			this.documents_html(),
			this.history_html(),
		];
		const narrow = [this.dates_html(), this.holds_html(), this.disputes_html(), this.contacts_html()];
		this.$body.html(
			`<div class="b2b-agreed__sums">${this.sums_html()}</div>
			<div class="b2b-agreed__columns"><div>${wide.join("")}</div><div>${narrow.join("")}</div></div>`
		);
	}

	sums_html() {
		const running = this.answer.contracts.filter(({ stage }) => stage === "running");
		const values = {};
		for (const { currency, annual_value } of running) values[currency] = (values[currency] || 0) + (annual_value || 0);
		const next = this.answer.dates.find(({ days }) => days >= 0);
		const sums = [
			[running.length, __("running contracts")],
			...Object.entries(values)
				.filter(([, value]) => value)
				.map(([currency, value]) => [this.credit.money(value, currency), __("a year")]),
			...(next ? [[this.day(next.day), this.esc(next.what)]] : []),
		];
		return sums.map(([figure, words]) => `<div><b>${figure}</b><span>${words}</span></div>`).join("");
	}

	contracts_html() {
		const stages = { running: __("Running"), coming: __("Before signature or start"), over: __("Over") };
		const head = [__("Contract"), __("Status"), __("From"), __("Ends on"), __("Act by"), __("A year"), __("Owner")];
		const { contracts } = this.answer;
		const blocks = Object.entries(stages).map(([stage, label]) => {
			const rows = contracts.filter((row) => row.stage === stage);
			if (!rows.length) return "";
			const lines = rows.map((row) => [
				this.contract(row.name, row.title) + `<small>${this.about(row)}</small>`,
				this.status(row),
				this.day(row.start_date),
				this.day(row.terminated_on || row.end_date) || __("no end"),
				stage === "running" && !row.terminated_on ? this.act_by(row.last_date_to_act) : "",
				{ number: row.annual_value ? this.credit.money(row.annual_value, row.currency) : "" },
				this.credit.person(row.contract_owner),
			]);
			return `<h6>${label} (${rows.length})</h6>${this.table(head, lines)}`;
		});
		const none = contracts.length ? "" : `<p class="text-muted">${__("Nothing is agreed with this customer, or nothing that you may see.")}</p>`;
		const more = this.answer.is_cut_off ? `<p class="text-muted">${__("These are the first {0}. Find the others with the search.", [contracts.length])}</p>` : "";
		return this.card("contracts", __("Contracts"), blocks.join("") + none + more);
	}

	about(row) {
		const parts = [
			this.esc(row.name),
			this.esc(__(row.contract_type)),
			row.external_reference && this.esc(row.external_reference),
			row.amendment_number && __("Amendment {0}", [row.amendment_number]),
			row.of_group && __("Frame contract with {0}", [this.esc(row.customer_name || row.customer)]),
			row.confidentiality === "Confidential" && `<b>${this.esc(this.word(row.confidentiality))}</b>`,
		];
		return parts.filter(Boolean).join(" · ");
	}

	status({ status, terminated_on }) {
		const colour = { Request: "gray", Draft: "gray", "In Review": "orange", Approved: "blue", "Out for Signature": "blue", Active: "green", "In Renewal": "purple", Rejected: "red" };
		const said = terminated_on && ["Active", "In Renewal"].includes(status) ? __("Under notice") : this.word(status);
		return this.credit.pill(said, terminated_on ? "orange" : colour[status] || "darkgrey");
	}

	prices_html(day) {
		const head = [__("Item or group"), __("From quantity"), __("Price"), __("Valid until"), __("Contract")];
		const lines = this.answer.prices.map((row) => [
			this.what(row),
			{ number: row.from_quantity || "" },
			{ number: this.credit.money(row.rate, row.currency) + (row.uom ? ` / ${this.esc(__(row.uom))}` : "") },
			this.day(row.valid_to),
			this.contract(row.contract, row.title),
		]);
		return this.card("prices", __("Prices in force on {0}", [day]), this.table(head, lines, __("No prices of single items are in force on that day.")));
	}

	discounts_html(day) {
		const head = [__("Item, group or price list"), __("From quantity"), __("Discount"), __("Valid until"), __("Contract")];
		const lines = this.answer.discounts.map((row) => [
			this.what(row),
			{ number: row.from_quantity || "" },
			{ number: `${format_number(row.discount_percent, null, 2)} %` },
			this.day(row.valid_to),
			this.contract(row.contract, row.title),
		]);
		return this.card("discounts", __("Discounts in force on {0}", [day]), this.table(head, lines, __("No discounts are in force on that day.")));
	}

	bonuses_html(day) {
		if (!this.answer.bonuses.length) return "";
		const head = [__("From turnover"), __("Bonus"), __("Applies to"), __("Contract")];
		const lines = this.answer.bonuses.map((row) => [
			this.credit.money(row.from_turnover, row.currency),
			{ number: `${format_number(row.bonus_percent, null, 2)} %` },
			this.esc(__(row.applies_to, null, "Contract Bonus")),
			this.contract(row.contract, row.title),
		]);
		return this.card("bonuses", __("Bonus on {0}", [day]), this.table(head, lines));
	}

	services_html(day) {
		const head = [__("Service"), __("Target"), __("Measured"), __("Credit when missed"), __("Contract")];
		const lines = this.answer.service_levels.map((row) => [
			this.esc(row.service) + (row.exclusions ? `<small>${this.esc(row.exclusions)}</small>` : ""),
			this.esc(row.target),
			this.esc(__(row.measured, null, "Contract Service Level")),
			{ number: row.credit_percent ? `${format_number(row.credit_percent, null, 2)} %` : "" },
			this.contract(row.contract, row.title),
		]);
		return this.card("service_levels", __("Service levels on {0}", [day]), this.table(head, lines, __("No service levels are in force on that day.")));
	}

	terms_html(day) {
		const { terms } = this.answer;
		const blocks = terms.map(
			({ contract, title, said }) =>
				`<h6>${this.contract(contract, title)}</h6><dl>${said
					.map(({ label, value }) => `<div><dt>${this.esc(label)}</dt><dd>${this.esc(strip_html(cstr(value)))}</dd></div>`)
					.join("")}</dl>`
		);
		const none = `<p class="text-muted">${__("No contract is in force on that day.")}</p>`;
		return this.card("terms", __("Terms in force on {0}", [day]), blocks.join("") || none);
	}

	documents_html() {
		const head = [__("Document"), __("Kind"), __("Contract"), __("When")];
		const lines = this.answer.documents.map((row) => [
			`<a href="${this.esc(encodeURI(row.file || ""))}" target="_blank" rel="noopener">${this.esc(row.title || row.file)}</a>`,
			row.kind ? this.esc(__(row.kind, null, "Contract Document")) + (row.version_number ? ` ${__("version {0}", [row.version_number])}` : "") : __("Attached"),
			this.contract(row.contract, this.title_of(row.contract)),
			this.day(row.made_on),
		]);
		return this.card("documents", __("Documents"), this.table(head, lines, __("No documents.")));
	}

	history_html() {
		const head = [__("When"), __("What happened"), __("Contract"), __("Who")];
		const lines = this.answer.history.map((row) => [
			this.day(row.happened_on),
			this.esc(row.description) + (row.reason ? `<small>${this.esc(row.reason)}</small>` : "") + (row.told ? `<small>${__("Told: {0}", [this.esc(row.told)])}</small>` : ""),
			this.contract(row.contract, this.title_of(row.contract)),
			this.credit.person(row.done_by),
		]);
		return this.card("history", __("History"), this.table(head, lines, __("Nothing has happened yet."), 8));
	}

	dates_html() {
		const lines = this.answer.dates.map((row) => [
			`<b>${this.day(row.day)}</b><small>${this.in_days(row.days)}</small>`,
			this.esc(row.what) + (row.about ? ` – ${this.esc(row.about)}` : "") + `<small>${this.contract(row.contract, row.title)}${row.responsible ? ` · ${this.credit.person(row.responsible)}` : ""}</small>`,
		]);
		return this.card("dates", __("Next dates"), this.table(null, lines, __("No date is near."), 10));
	}

	in_days(days) {
		if (days < 0) return `<span class="text-danger">${__("{0} days ago", [-days])}</span>`;
		return days ? __("in {0} days", [days]) : __("today");
	}

	holds_html() {
		const { holds } = this.answer;
		if (!holds) return this.no_right("holds", __("Holds"));
		const lines = holds.map((row) => [
			this.credit.pill(__(row.action, null, "Credit Hold"), row.action === "Hold" ? "orange" : "red"),
			`${this.credit.link("Credit Hold", row.name, row.reference_name || row.name)}<small>${this.esc(__(row.reference_doctype))} · ${this.credit.money(row.order_amount, row.currency)}</small>`,
		]);
		return this.card("holds", __("Open holds"), this.table(null, lines, __("Nothing is on hold.")));
	}

	disputes_html() {
		const { disputes } = this.answer;
		if (!disputes) return this.no_right("disputes", __("Disputes"));
		const lines = disputes.map((row) => [
			this.credit.pill(__(row.status, null, "Dispute"), "orange"),
			`${this.credit.link("Dispute", row.name)}<small>${[row.root_cause && this.esc(__(row.root_cause, null, "Dispute")), this.credit.money(row.open_amount, row.currency), row.deadline && __("until {0}", [this.day(row.deadline)])].filter(Boolean).join(" · ")}</small>`,
		]);
		return this.card("disputes", __("Open disputes"), this.table(null, lines, __("Nothing is disputed.")));
	}

	contacts_html() {
		const { of_customer, named } = this.answer.contacts;
		const of = (of_customer || []).map((row) => [
			this.credit.link("Contact", row.name, [row.first_name, row.last_name].filter(Boolean).join(" ") || row.name) +
				`<small>${[row.designation, ...row.roles.map((role) => __(role, null, "Contact Role"))].filter(Boolean).map((text) => this.esc(text)).join(" · ")}</small>`,
			this.reach(row.email_id) + `<small>${this.esc(row.mobile_no || row.phone || "")}</small>`,
		]);
		const people = named.map((row) => [
			this.esc(row.name) + `<small>${[row.position, this.word(row.role)].filter(Boolean).map((text) => this.esc(text)).join(" · ")}</small>`,
			this.reach(row.email),
		]);
		const parts = [
			of_customer ? this.table(null, of, people.length ? "" : __("No contacts.")) : "",
			people.length ? `<h6>${__("Named in the contracts")}</h6>${this.table(null, people)}` : "",
		];
		return this.card("contacts", __("Contacts"), parts.join("") || `<p class="text-muted">${__("No contacts.")}</p>`);
	}

	// ---------------------------------------------------------------- pieces
	esc(text) {
		return this.credit.esc(text);
	}

	word(value) {
		return value ? __(value, null, "B2B Contract") : "";
	}

	day_text(value) {
		return value ? frappe.datetime.str_to_user(cstr(value).slice(0, 10)) : "";
	}

	day(value) {
		return value ? `<span class="b2b-agreed__day">${this.esc(this.day_text(value))}</span>` : "";
	}

	act_by(day) {
		if (!day) return "";
		const left = frappe.datetime.get_day_diff(day, frappe.datetime.get_today());
		return this.credit.pill(this.day_text(day), left < 0 ? "red" : left <= 30 ? "yellow" : "green");
	}

	contract(name, title) {
		return this.credit.link("B2B Contract", name, title);
	}

	title_of(name) {
		return this.answer.contracts.find((row) => row.name === name)?.title || name;
	}

	what({ item_code, item_group, price_list }) {
		if (item_code) return this.esc(item_code);
		if (item_group) return __("Group {0}", [this.esc(__(item_group))]);
		return price_list ? __("Price list {0}", [this.esc(price_list)]) : __("Everything");
	}

	reach(email) {
		return email ? `<a href="mailto:${this.esc(email)}">${this.esc(email)}</a>` : "";
	}

	card(name, title, html) {
		return `<section class="frappe-card b2b-agreed__card" data-part="${name}"><h5>${title}</h5>${html}</section>`;
	}

	no_right(name, title) {
		return this.card(name, title, `<p class="text-muted">${__("You have no right to see them.")}</p>`);
	}

	// Rows beyond `first` are there, and shown when asked for.
	table(head, lines, none = "", first = Infinity) {
		if (!lines.length) return none ? `<p class="text-muted">${none}</p>` : "";
		const cell = (value, tag) =>
			value?.number !== undefined ? `<${tag} class="b2b-agreed__number">${value.number}</${tag}>` : `<${tag}>${value ?? ""}</${tag}>`;
		const numbers = lines[0].map((value) => value?.number !== undefined);
		const top = head
			? `<thead><tr>${head.map((text, n) => `<th${numbers[n] ? ' class="b2b-agreed__number"' : ""}>${text}</th>`).join("")}</tr></thead>`
			: "";
		const rows = lines.map((line, n) => `<tr${n >= first ? ' class="hidden"' : ""}>${line.map((value) => cell(value, "td")).join("")}</tr>`);
		const more = lines.length > first ? `<button type="button" class="btn btn-xs btn-default" data-all="1">${__("Show all {0}", [lines.length])}</button>` : "";
		return `<div class="b2b-agreed__scroll"><table class="table">${top}<tbody>${rows.join("")}</tbody></table></div>${more}`;
	}
};
