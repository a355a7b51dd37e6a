// The renewal pipeline: what has to be decided, by when, and what is at stake. A card is moved by a step of the contract's life.
frappe.provide("b2b_contracts.contracts");

frappe.pages["renewal-pipeline"].on_page_load = (wrapper) => {
	wrapper.pipeline = new b2b_contracts.contracts.RenewalPipeline(wrapper);
};
frappe.pages["renewal-pipeline"].on_page_show = (wrapper) => wrapper.pipeline?.shown();

b2b_contracts.contracts.RenewalPipeline = class RenewalPipeline {
	constructor(wrapper) {
		this.credit = b2b_contracts.credit;
		this.page = frappe.ui.make_app_page({
			parent: wrapper,
			title: __("Renewal pipeline"),
			single_column: true,
		});
		this.cards_shown = 50;
		this.$body = $(`<div class="b2b-pipeline">
			<div class="b2b-pipeline__bar"></div>
			<div class="b2b-pipeline__board"></div>
		</div>`).appendTo(this.page.main);
		// A card cuts off what hangs out of it, and the menu of the last one does.
		this.page.main.addClass("frappe-card").css({ padding: "12px 16px", overflow: "visible" });
		this.listen();
		this.begin();
	}

	call(method, args) {
		return frappe.xcall(`b2b_contracts.contract_pipeline_api.${method}`, args);
	}

	async begin() {
		// Its words are translated with the document.
		await frappe.model.with_doctype("B2B Contract");
		const companies = Object.keys(locals[":Company"] || {}).sort();
		const company = frappe.defaults.get_user_default("Company") || companies[0];
		if (!company) return this.$body.find(".b2b-pipeline__board").text(__("There is no company that you may see."));
		this.options = await this.call("options", { company });
		this.add_fields(company, companies);
		this.add_menu();
		await this.load();
	}

	shown() {
		// What was decided on a form has moved its card.
		if (this.answer) this.load();
	}

	// ---------------------------------------------------------------- what is shown
	add_fields(company, companies) {
		const choices = (values, all) => [{ value: "", label: all }, ...values];
		const { account_managers, contract_types } = this.options;
		const lights = { Red: __("Past the last day"), Yellow: __("Within 30 days"), Green: __("In good time"), Grey: __("No day") };
		const fields = [
			{ fieldname: "company", fieldtype: "Select", label: __("Company"), options: companies },
			{
				fieldname: "within",
				fieldtype: "Select",
				label: __("Act within"),
				options: [
					...[30, 90, 180, 365].map((days) => ({ value: String(days), label: __("Within {0} days", [days]) })),
					{ value: "0", label: __("On any day") },
				],
			},
			{
				fieldname: "light",
				fieldtype: "Select",
				label: __("Traffic light"),
				options: choices(
					Object.entries(lights).map(([value, label]) => ({ value, label })),
					__("All traffic lights")
				),
			},
			...(account_managers.length > 1
				? [
						{
							fieldname: "account_manager",
							fieldtype: "Select",
							label: __("Account manager"),
							options: choices(
								account_managers.map(({ user, name }) => ({ value: user, label: name })),
								__("All account managers")
							),
						},
				  ]
				: []),
			{
				fieldname: "contract_type",
				fieldtype: "Select",
				label: __("Contract type"),
				options: choices(
					contract_types.map((value) => ({ value, label: __(value) })),
					__("All contract types")
				),
			},
			{ fieldname: "search", fieldtype: "Data", label: __("Customer or title") },
		];
		this.fields = {};
		const changed = frappe.utils.debounce(() => !this.filling && this.load(), 300);
		this.filling = true;
		for (const df of fields) {
			const field = this.page.add_field({ ...df, change: changed });
			if (df.fieldname === "company") field.set_input(company);
			if (df.fieldname === "within") field.set_input("180");
			this.fields[df.fieldname] = field;
		}
		// Controls tell of a change a moment later.
		setTimeout(() => (this.filling = false), 500);
	}

	add_menu() {
		this.page.set_secondary_action(__("Refresh"), () => this.load(), { icon: "refresh" });
		this.page.add_inner_button(__("Calendar"), () =>
			frappe.set_route("List", "B2B Contract", "Calendar", "default")
		);
		this.page.add_inner_button(__("Report"), () => {
			const { company, within, account_manager, contract_type } = this.filters();
			frappe.set_route("query-report", "Renewal Pipeline", { company, within, account_manager, contract_type });
		});
	}

	filters() {
		const found = {};
		for (const [name, field] of Object.entries(this.fields)) {
			const value = field.get_value();
			if (value) found[name] = value;
		}
		return found;
	}

	async load() {
		const { company, ...filters } = this.filters();
		const asked = (this.asked = (this.asked || 0) + 1);
		const answer = await this.call("read", { company, filters, shown: this.cards_shown });
		// A later question may have been answered first.
		if (asked !== this.asked) return;
		this.answer = answer;
		this.draw();
	}

	// ---------------------------------------------------------------- drawn
	draw() {
		// Not under the hand of whoever drags a card.
		if (this.is_dragging) return;
		this.$body.attr("data-drawn", Number(this.$body.attr("data-drawn") || 0) + 1);
		const { stages } = this.answer;
		this.cards = {};
		for (const { cards } of stages) for (const card of cards) this.cards[card.name] = card;
		this.$body.find(".b2b-pipeline__bar").html(this.bar_html(this.answer));
		for (const list of this.sortables || []) list.destroy();
		this.$body.find(".b2b-pipeline__board").html(stages.map((stage) => this.stage_html(stage)).join(""));
		this.sortables = this.$body
			.find(".b2b-pipeline__cards")
			.get()
			.map((element) => this.sortable(element));
	}

	// Whole crowns and euros: a year's worth is no invoice.
	whole(amount, currency = this.answer.currency) {
		return this.credit.esc(format_currency(amount, currency, 0));
	}

	money(amount) {
		return `<b>${this.whole(amount)}</b>`;
	}

	bar_html({ total, at_stake, unpriced }) {
		const pill = (number, text, colour) => (number ? this.credit.pill(`${number} ${text}`, colour) : "");
		return [
			`<span>${__("{0} contracts, {1} a year", [`<b>${total.count}</b>`, this.money(total.value)])}</span>`,
			`<span>${__("{0} still to decide", [this.money(at_stake.value)])}</span>`,
			`<span>${__("{0} expected, weighted by probability", [this.money(total.weighted)])}</span>`,
			total.unassessed
				? `<span>${__("{0} not assessed, worth {1}", [`<b>${total.unassessed}</b>`, this.money(total.unassessed_value)])}</span>`
				: "",
			pill(total.red, __("past the last day"), "red"),
			pill(total.yellow, __("within 30 days"), "yellow"),
			unpriced.length
				? `<span class="b2b-pipeline__late">${__("No exchange rate for {0}: those count as nothing.", [
						this.credit.esc(unpriced.join(", ")),
				  ])}</span>`
				: "",
		].join(" ");
	}

	stage_html({ stage, label, total, cards }) {
		const rest = total.count - cards.length;
		const more = rest
			? `<button type="button" class="btn btn-xs btn-default btn-block" data-more>${__("{0} more", [rest])}</button>`
			: "";
		return `<section class="b2b-pipeline__stage" aria-label="${this.credit.esc(label)}">
			<h5>${this.credit.esc(label)} <span>${total.count}</span></h5>
			<p>${this.whole(total.value)}</p>
			<div class="b2b-pipeline__cards" data-stage="${this.credit.esc(stage)}" data-none="${__("No contract is here.")}">${cards
			.map((card) => this.card_html(card))
			.join("")}</div>${more}
		</section>`;
	}

	card_html(card) {
		const esc = (text) => this.credit.esc(text);
		const { name, title, customer_name, light, amount, currency, probability, account_manager } = card;
		const chance =
			probability === null ? __("not assessed") : card.is_assessable ? `${format_number(probability, null, 0)} %` : "";
		return `<article class="b2b-pipeline__card b2b-pipeline__light--${esc(light)}" data-contract="${esc(name)}">
			<div class="b2b-pipeline__head">${this.credit.link("B2B Contract", name, title)}
				<small>${esc(customer_name)}${account_manager ? ` · ${esc(account_manager)}` : ""}</small></div>
			<div class="dropdown">
				<button type="button" class="btn btn-xs btn-default" data-toggle="dropdown" aria-haspopup="true" aria-expanded="false"
					aria-label="${__("What to do with {0}", [esc(title)])}" data-menu>⋯</button>
				<div class="dropdown-menu dropdown-menu-right" role="menu"></div>
			</div>
			<p>${this.day_html(card)}</p>
			<p class="b2b-pipeline__worth"><b>${this.whole(amount, currency)}</b><span class="text-muted">${chance}</span></p>
			${this.step_html(card)}${this.told_html(card)}
		</article>`;
	}

	day_html({ stage, light, last_date_to_act, notice_deadline, terminated_on, end_date }) {
		const day = (value) => frappe.datetime.str_to_user(value);
		const { today } = this.answer;
		if (stage === "Ending") return __("Ends on {0}", [day(terminated_on)]);
		if (stage === "Renewed") return end_date ? __("Decided: this period runs until {0}", [day(end_date)]) : __("Decided");
		if (!last_date_to_act) return `<span class="text-muted">${__("No end, so no last day")}</span>`;
		const left = frappe.datetime.get_day_diff(last_date_to_act, today);
		const said =
			left < 0 ? __("{0} days late", [-left]) : left === 0 ? __("today") : left === 1 ? __("tomorrow") : __("in {0} days", [left]);
		const pill = this.credit.pill(said, light === "Grey" ? "gray" : light.toLowerCase());
		const deadline =
			notice_deadline < today
				? `<small class="b2b-pipeline__late">${__("The notice deadline was {0}", [day(notice_deadline)])}</small>`
				: `<small>${__("Notice until {0}", [day(notice_deadline)])}</small>`;
		return `${__("Act by {0}", [day(last_date_to_act)])} ${pill}${deadline}`;
	}

	step_html({ next_step, next_step_on }) {
		if (!next_step) return "";
		const late = next_step_on && next_step_on < this.answer.today;
		const on = next_step_on ? `${frappe.datetime.str_to_user(next_step_on)}: ` : "";
		return `<p class="${late ? "b2b-pipeline__late" : ""}">${on}${this.credit.esc(next_step)}</p>`;
	}

	told_html({ told }) {
		if (!told) return "";
		const names = told.names.map((name) => this.credit.esc(name)).join(", ");
		const what = told.of ? `${this.credit.esc(told.of)}: ` : "";
		const said = __("Told {0}: {1}", [comment_when(told.on), `${what}${names || "–"}`]);
		return `<p><small>${said}</small></p>`;
	}

	// ---------------------------------------------------------------- moved
	sortable(element) {
		return new Sortable(element, {
			group: "renewal-pipeline",
			draggable: ".b2b-pipeline__card",
			filter: ".dropdown",
			preventOnFilter: false,
			sort: false, // their order is by the last date to act
			animation: 150,
			// Its own dragging instead of the browser's: the same with a mouse, a pen and a finger.
			forceFallback: true,
			fallbackTolerance: 5,
			delay: 200,
			delayOnTouchOnly: true,
			onStart: () => (this.is_dragging = true),
			onEnd: ({ item, from, to }) => {
				this.is_dragging = false;
				if (from !== to) this.move(item.dataset.contract, to.dataset.stage);
				else this.draw();
			},
		});
	}

	// The card stays where it was dropped while something is asked; whatever does not move it puts it back.
	put_back() {
		this.draw();
	}

	async move(name, stage) {
		this.$body.find(`[data-contract="${CSS.escape(name)}"]`).addClass("b2b-pipeline__card--busy");
		let asked;
		try {
			asked = await this.call("moves", { contract: name });
		} catch (error) {
			this.put_back();
			throw error;
		}
		const move = asked.moves.find((one) => one.stage === stage);
		if (!move) return this.load();
		if (move.why_not) {
			this.put_back();
			return frappe.msgprint({
				title: __("{0} → {1}", [this.credit.esc(asked.title), this.credit.esc(move.label)]),
				message: this.credit.esc(move.why_not),
				indicator: "orange",
			});
		}
		b2b_contracts.contracts.ask_step(
			{ ...asked, step: move.step, label: move.step_label },
			(values) => this.do_move(name, move, values),
			() => this.put_back()
		);
	}

	async do_move(name, { stage, label }, values) {
		try {
			await this.call("move", { contract: name, stage, ...values });
			frappe.show_alert({ message: __("Moved to “{0}”.", [this.credit.esc(label)]), indicator: "green" });
		} finally {
			// Also where it was refused: then the card is back, and what somebody else did is seen.
			await this.load();
		}
	}

	// The same without dragging: by keyboard, with a finger, or where the column is far away.
	async fill_menu(name, $menu) {
		$menu.html(`<span class="dropdown-item text-muted">${__("Loading…")}</span>`);
		const asked = await this.call("moves", { contract: name });
		const items = asked.moves.map(
			({ stage, label, step_label, why_not }) =>
				`<button type="button" role="menuitem" class="dropdown-item ${why_not ? "text-muted" : ""}" data-to="${this.credit.esc(
					stage
				)}" ${why_not ? `title="${this.credit.esc(why_not)}"` : ""}>${this.credit.esc(step_label || __("Move to “{0}”", [label]))}</button>`
		);
		if (asked.may_plan)
			items.unshift(
				`<button type="button" role="menuitem" class="dropdown-item" data-plan>${__("Probability and next step")}</button>`
			);
		$menu.html(items.join(""));
		$menu.find("button").first().trigger("focus");
	}

	plan(name) {
		const card = this.cards[name];
		const dialog = new frappe.ui.Dialog({
			title: card.title,
			fields: [
				{
					fieldname: "probability",
					fieldtype: "Percent",
					label: __("Probability of renewal"),
					description: __("0 = not assessed yet."),
					default: card.is_assessable ? card.probability || 0 : 0,
					hidden: card.is_assessable ? 0 : 1,
				},
				{ fieldname: "next_step", fieldtype: "Small Text", label: __("Next step"), default: card.next_step },
				{ fieldname: "next_step_on", fieldtype: "Date", label: __("Next step on"), default: card.next_step_on },
			],
			primary_action_label: __("Save"),
			primary_action: async (values) => {
				await this.call("plan", { contract: name, ...values });
				dialog.hide();
				await this.load();
			},
		});
		dialog.show();
	}

	listen() {
		this.$body.on("click", "[data-more]", () => {
			this.cards_shown += 100;
			this.load();
		});
		this.$body.on("show.bs.dropdown", ".dropdown", ({ currentTarget }) => {
			const name = $(currentTarget).closest("[data-contract]").data("contract");
			this.fill_menu(name, $(currentTarget).find(".dropdown-menu"));
		});
		this.$body.on("click", "[data-to]", ({ currentTarget }) =>
			this.move($(currentTarget).closest("[data-contract]").data("contract"), currentTarget.dataset.to)
		);
		this.$body.on("click", "[data-plan]", ({ currentTarget }) =>
			this.plan($(currentTarget).closest("[data-contract]").data("contract"))
		);
	}
};
