// Contracts by their words, those of their documents, and every field of theirs; searches kept under a name.
frappe.provide("b2b_contracts.credit");

frappe.pages["contract-search"].on_page_load = (wrapper) => {
	wrapper.search = new b2b_contracts.credit.ContractSearch(wrapper);
};

b2b_contracts.credit.ContractSearch = class ContractSearch {
	constructor(wrapper) {
		this.credit = b2b_contracts.credit;
		this.page = frappe.ui.make_app_page({ parent: wrapper, title: __("Search contracts"), single_column: true });
		this.start = 0;
		this.$body = $(`<div class="b2b-found">
			<form class="b2b-found__ask" role="search">
				<input type="search" class="form-control" maxlength="300" aria-label="${__("Words")}"
					placeholder="${__("Words, or a phrase in quotation marks")}">
				<button type="submit" class="btn btn-primary btn-sm">${__("Search")}</button>
				<div class="b2b-found__filters"></div>
			</form>
			<div class="b2b-found__views"></div>
			<div class="b2b-found__total text-muted" aria-live="polite"></div>
			<div class="b2b-found__list"></div>
		</div>`).appendTo(this.page.main);
		this.page.main.addClass("frappe-card").css("padding", "12px 16px");
		this.begin();
	}

	call(method, args) {
		return frappe.xcall(`b2b_contracts.contract_search_api.${method}`, args);
	}

	async begin() {
		await frappe.model.with_doctype("B2B Contract");
		this.$input = this.$body.find("input");
		this.filters = new frappe.ui.FilterGroup({
			parent: this.$body.find(".b2b-found__filters"),
			doctype: "B2B Contract",
			filter_button: this.filter_button(),
			on_change: () => this.filters_changed(),
		});
		this.$body.find("form").on("submit", (event) => {
			event.preventDefault();
			this.ask();
		});
		this.$body.on("click", "[data-turn]", (event) => this.turn(Number(event.currentTarget.dataset.turn)));
		this.$body.on("click", "[data-view]", (event) => this.open_view(this.views[event.currentTarget.dataset.view]));
		this.page.set_secondary_action(__("Save view"), () => this.save_view());
		this.take_views(await this.call("views"));
		const text = frappe.utils.get_url_arg("text") || frappe.route_options?.text;
		frappe.route_options = null;
		if (text) this.$input.val(text);
		this.ask();
		this.$input.trigger("focus");
	}

	filter_button() {
		return $(`<button type="button" class="btn btn-default btn-sm filter-button">
			<span class="filter-icon">${frappe.utils.icon("filter")}</span>
			<span class="button-label">${__("Filter")}</span>
		</button>`).appendTo(this.$body.find(".b2b-found__filters"));
	}

	filters_changed() {
		if (this.is_opening) return;
		this.name_of_view = null;
		this.ask();
	}

	// ---------------------------------------------------------------- views
	take_views({ views, may_share }) {
		this.views = views;
		this.may_share = may_share;
		const label = { Own: __("My views"), Shared: __("Everybody's views"), "Ready-made": __("Ready-made views") };
		const group = (kind) => {
			const of = views.map((view, n) => [view, n]).filter(([view]) => view.kind === kind);
			if (!of.length) return "";
			const buttons = of.map(
				([{ name }, n]) => `<button type="button" class="btn btn-xs btn-default" data-view="${n}">${this.esc(name)}</button>`
			);
			return `<div><span class="text-muted">${label[kind]}</span>${buttons.join("")}</div>`;
		};
		this.$body.find(".b2b-found__views").html(Object.keys(label).map(group).join(""));
		this.mark_view();
		this.page.clear_menu();
		if (views.some(({ may_remove }) => may_remove)) this.page.add_menu_item(__("Remove a view"), () => this.remove_view());
	}

	async open_view(view) {
		// Each filter that is set would ask once.
		this.is_opening = true;
		await this.filters.clear_filters();
		await this.filters.add_filters(view.filters);
		this.filters.update_filters?.();
		this.is_opening = false;
		this.$input.val(view.text);
		this.name_of_view = view.name;
		this.ask();
	}

	mark_view() {
		this.$body.find("[data-view]").each((_n, button) => {
			const is_open = this.views[button.dataset.view].name === this.name_of_view;
			$(button).toggleClass("btn-primary", is_open).toggleClass("btn-default", !is_open);
		});
	}

	save_view() {
		const fields = [{ fieldname: "name", fieldtype: "Data", label: __("Name"), reqd: 1, default: this.name_of_view || "" }];
		if (this.may_share) fields.push({ fieldname: "is_shared", fieldtype: "Check", label: __("For everybody"), description: __("Whoever opens it finds what they may see.") });
		frappe.prompt(
			fields,
			async ({ name, is_shared }) => {
				const asked = { name, is_shared: is_shared ? 1 : 0, text: this.$input.val(), filters: this.chosen() };
				this.name_of_view = name.trim();
				this.take_views(await this.call("save_view", asked));
				frappe.show_alert({ message: __("Saved: {0}", [this.esc(name)]), indicator: "green" });
			},
			__("Save view"),
			__("Save")
		);
	}

	remove_view() {
		const options = this.views
			.map((view, n) => ({ value: String(n), label: view.kind === "Shared" ? __("{0} (everybody's)", [view.name]) : view.name, view }))
			.filter(({ view }) => view.may_remove);
		frappe.prompt(
			{ fieldname: "view", fieldtype: "Select", label: __("View", null, "Contract Search View"), options, reqd: 1 },
			async ({ view }) => {
				const { name, kind } = this.views[view];
				this.take_views(await this.call("remove_view", { name, is_shared: kind === "Shared" ? 1 : 0 }));
			},
			__("Remove a view"),
			__("Remove")
		);
	}

	// ---------------------------------------------------------------- found
	chosen() {
		return this.filters.get_filters().map((filter) => filter.slice(0, 4));
	}

	async ask(start = 0) {
		const asked = (this.asked = (this.asked || 0) + 1);
		const answer = await this.call("search", { text: this.$input.val(), filters: this.chosen(), start });
		// A later question may have been answered first.
		if (asked !== this.asked) return;
		this.answer = answer;
		this.mark_view();
		this.draw();
	}

	turn(by) {
		const start = this.answer.start + by * this.answer.length;
		if (start >= 0 && start < this.answer.total) this.ask(start);
	}

	draw() {
		const { total, start, length, rows } = this.answer;
		const last = Math.min(start + length, total);
		const turn = (by, label, disabled) =>
			`<button type="button" class="btn btn-xs btn-default" data-turn="${by}" ${disabled ? "disabled" : ""}>${label}</button>`;
		const pages =
			total > length ? `<span>${start + 1}–${last}</span> ${turn(-1, __("Previous"), !start)} ${turn(1, __("Next"), last >= total)}` : "";
		const said = total === 1 ? __("1 contract") : __("{0} contracts", [total]);
		this.$body.find(".b2b-found__total").html(`<b>${said}</b> ${pages}`);
		const none = `<p class="b2b-found__none text-muted">${__("No contract that you may see has all of this.")}</p>`;
		this.$body.find(".b2b-found__list").html(rows.map((row) => this.row_html(row)).join("") || none);
	}

	row_html(row) {
		const money = row.annual_value ? __("{0} a year", [this.credit.money(row.annual_value, row.currency)]) : "";
		const end = row.terminated_on || row.end_date;
		const about = [
			this.esc(row.name),
			this.esc(__(row.contract_type)),
			this.customer(row),
			this.esc(row.company),
			__("from {0}", [this.day(row.start_date)]),
			end ? __("until {0}", [this.day(end)]) : __("no end"),
			money,
			row.confidentiality === "Confidential" && `<b>${this.esc(__(row.confidentiality, null, "B2B Contract"))}</b>`,
		];
		const colour = { Active: "green", "In Renewal": "purple", Rejected: "red", "In Review": "orange", Approved: "blue", "Out for Signature": "blue" };
		return `<article class="b2b-found__one" data-contract="${this.esc(row.name)}">
			<h5>${this.credit.link("B2B Contract", row.name, row.title)} ${this.credit.pill(__(row.status, null, "B2B Contract"), colour[row.status] || "gray")}
				${this.act_by(row)}</h5>
			<div class="text-muted">${about.filter(Boolean).join(" · ")}</div>
			${row.found.map((one) => this.found_html(one)).join("")}
		</article>`;
	}

	found_html({ where, parts, file }) {
		const text = parts.map(([words, is_hit]) => (is_hit ? `<mark>${this.esc(words)}</mark>` : this.esc(words))).join("");
		const place = file ? `<a href="${this.esc(encodeURI(file))}" target="_blank" rel="noopener">${this.esc(where)}</a>` : this.esc(where);
		return `<div class="b2b-found__where"><span class="text-muted">${place}</span> ${text}</div>`;
	}

	act_by({ status, last_date_to_act, terminated_on }) {
		if (!last_date_to_act || terminated_on || !["Active", "In Renewal"].includes(status)) return "";
		const left = frappe.datetime.get_day_diff(last_date_to_act, frappe.datetime.get_today());
		return this.credit.pill(__("Act by {0}", [this.day(last_date_to_act)]), left < 0 ? "red" : left <= 30 ? "yellow" : "green");
	}

	customer({ customer, customer_name }) {
		return `<a href="/app/customer-contracts/${encodeURIComponent(customer)}">${this.esc(customer_name || customer)}</a>`;
	}

	day(value) {
		return value ? this.esc(frappe.datetime.str_to_user(value)) : "";
	}

	esc(text) {
		return this.credit.esc(text);
	}
};
