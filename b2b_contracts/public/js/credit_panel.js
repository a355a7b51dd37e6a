// The credit panel: how a customer stands before and after a document, why it waits, and what can be done about it.
frappe.provide("b2b_contracts.credit");

(() => {
	const credit = b2b_contracts.credit;

	// What `api.evaluate` or `api.credit_status` returned, as HTML.
	// `state`: {color, word, headline, asides: [html], view, actions: {kind: label}, buttons: [{action, label, primary}],
	// show_reasons, before_label}
	credit.panel_html = (state) => `
		<section class="b2b-credit b2b-credit--${credit.esc(state.color)}" aria-label="${__("Credit")}">
			<header class="b2b-credit__head">
				${credit.pill(state.word, state.color)}
				<span class="b2b-credit__headline">${credit.esc(state.headline)}</span>
				<span class="b2b-credit__asides">${(state.asides || []).map((html) => `<span>${html}</span>`).join("")}</span>
			</header>
			${
				state.notes?.length
					? `<div class="b2b-credit__notes">${state.notes
							.map((html) => `<p>${html}</p>`)
							.join("")}</div>`
					: ""
			}
			${state.view ? bar_html(state) + figures_html(state.view) : ""}
			${state.show_reasons ? columns_html(state) : ""}
			${state.holds?.length ? holds_html(state.holds) : ""}
			${state.contacts?.length ? contacts_html(state.contacts) : ""}
			${buttons_html(state.buttons || [])}
		</section>`;

	// The open holds of a customer, the most urgent first.
	function holds_html(holds) {
		const rows = holds.map(
			(hold) => `<tr>
				<td>${credit.link("Credit Hold", hold.name)}</td>
				<td>${
					hold.reference_doctype === "Credit Profile"
						? __("The whole customer")
						: credit.link(hold.reference_doctype, hold.reference_name)
				}</td>
				<td>${hold.reasons.map((row) => credit.esc(row.message)).join("<br>")}</td>
				<td>${credit.esc(__(hold.required_role || ""))}</td>
				<td class="text-nowrap">${
					hold.minutes_left === null
						? ""
						: `<span class="indicator ${credit.clock_colour(hold.minutes_left)}">${credit.esc(
								credit.clock_text(hold.minutes_left)
						  )}</span>`
				}</td>
			</tr>`
		);
		return `<table class="table b2b-credit__table"><thead><tr><th>${__("Open hold")}</th><th>${__(
			"On"
		)}</th><th>${__("Why")}</th>
			<th>${__("Decided by")}</th><th>${__("Clock")}</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
	}

	// Whom at the customer our messages go to: those with a role, and who gets the rest.
	function contacts_html(contacts) {
		const by_role = {};
		contacts.forEach((row) => {
			const key = row.has_role ? __(row.role, null, "Contact Role") : __("Everything else");
			(by_role[key] = by_role[key] || new Set()).add(
				row.contact ? credit.link("Contact", row.contact, row.email) : credit.esc(row.email)
			);
		});
		const parts = Object.entries(by_role).map(
			([role, addresses]) => `${credit.esc(role)}: ${[...addresses].join(", ")}`
		);
		return `<p class="b2b-credit__contacts">${__("Messages go to {0}", [parts.join(" · ")])}</p>`;
	}

	function bar_html({ view, color }) {
		const before = view.utilisation_before;
		const after = view.utilisation_after;
		if (view.limit_type === "Unlimited" || after === null) {
			return line(__("This customer's credit is not limited."));
		}
		if (after >= credit.NO_PERCENTAGE || !view.granted_limit) {
			return line(
				__("There is no credit limit to use: everything has to be prepaid, secured or approved.")
			);
		}
		const has_order = view.order_amount > 0;
		const scale = Math.max(100, view.hold_percent || 0, after, before) * 1.04;
		const width = (percent) => `${((Math.max(0, percent) / scale) * 100).toFixed(2)}%`;
		const rise = Math.max(0, after - before);
		const words = has_order
			? __("{0} of the limit used, {1} with this document", [
					credit.percent(before),
					credit.percent(after),
			  ])
			: __("{0} of the limit used", [credit.percent(after)]);
		const marks = [];
		if (view.hold_percent) {
			marks.push(mark(view.hold_percent, __("held above {0}", [`${view.hold_percent} %`]), "hold"));
		}
		if (view.hold_percent !== 100) marks.push(mark(100, __("limit"), "limit"));
		function mark(percent, text, kind) {
			const side = kind === "hold" ? "right" : "left";
			return `<span class="b2b-credit__mark b2b-credit__mark--${kind}" style="left: ${width(percent)}">
				<span class="b2b-credit__mark-text b2b-credit__mark-text--${side}">${credit.esc(text)}</span></span>`;
		}
		return `
			<div class="b2b-credit__bar" role="img" aria-label="${credit.esc(words)}" title="${credit.esc(words)}">
				<div class="b2b-credit__track">
					<span class="b2b-credit__part b2b-credit__part--before" style="width: ${width(
						Math.min(before, after)
					)}"></span>
					<span class="b2b-credit__part b2b-credit__part--order b2b-credit__part--${credit.esc(
						color
					)}" style="width: ${width(rise)}"></span>
				</div>
				${marks.join("")}
			</div>`;
	}

	const line = (text) => `<p class="b2b-credit__line">${credit.esc(text)}</p>`;

	function figures_html(view) {
		const money = (amount) => credit.money(amount, view.currency);
		const share = (percent) =>
			percent >= credit.NO_PERCENTAGE || percent === null
				? ""
				: ` <small>${credit.esc(credit.percent(percent))}</small>`;
		const figures = [
			[
				view.order_amount > 0 ? __("Used before") : __("Used"),
				money(view.exposure_before) + share(view.utilisation_before),
				used_title(view),
			],
		];
		if (view.order_amount > 0) {
			figures.push([__("This document"), money(view.order_amount)]);
		}
		if (view.secured > 0) figures.push([__("Secured"), `− ${money(view.secured)}`]);
		if (view.order_amount > 0) {
			figures.push([__("Used after"), money(view.net_exposure) + share(view.utilisation_after)]);
		}
		if (view.limit_type !== "Unlimited") {
			figures.push([__("Limit", null, "Credit"), money(view.granted_limit)]);
			figures.push(
				view.headroom < 0
					? [__("Over the limit"), money(-view.headroom), "", "over"]
					: [__("Left of the limit"), money(view.headroom)]
			);
		}
		if (view.waiting_orders > 0) {
			figures.push([
				__("Other orders waiting"),
				money(view.waiting_orders),
				__("Held orders do not use up the limit."),
			]);
		}
		if (view.group && view.group.utilisation_after !== null) {
			figures.push([
				__("Group {0}", [credit.esc(view.group.name)]),
				credit.esc(credit.percent(view.group.utilisation_after)),
			]);
		}
		return `<dl class="b2b-credit__figures">${figures
			.map(
				([label, value, title, kind]) =>
					`<div class="${kind ? `b2b-credit__figure--${kind}` : ""}" title="${credit.esc(
						title
					)}"><dt>${label}</dt><dd>${value}</dd></div>`
			)
			.join("")}</dl>`;
	}

	function used_title(view) {
		const parts = [
			[__("Open invoices, less payments"), view.receivables],
			[__("Delivered, not billed"), view.delivered_not_billed],
			[__("Granted orders"), view.granted_orders],
		].filter(([, amount]) => amount);
		return parts
			.map(([label, amount]) => `${label}: ${format_currency(amount, view.currency)}`)
			.join("\n");
	}

	function columns_html({ view, actions, is_draft }) {
		const reasons = (view?.reasons || [])
			.map((row) => `<li data-rule="${credit.esc(row.rule)}">${credit.esc(row.message)}</li>`)
			.join("");
		const not_counted = (view?.not_counted || [])
			.map(
				(row) =>
					`<li class="text-muted">${__("Security {0} does not count.", [
						credit.link("Security Instrument", row.name),
					])} ${credit.esc(row.message)}</li>`
			)
			.join("");
		const ways = (view?.ways_out || []).map((way, n) => way_html(way, n, actions || {})).join("");
		if (!reasons && !ways) return "";
		return `
			<div class="b2b-credit__columns">
				<div><h6>${
					is_draft ? __("Why it would wait") : __("Why")
				}</h6><ul class="b2b-credit__reasons">${reasons}${not_counted}</ul></div>
				${ways ? `<div><h6>${__("Ways out")}</h6><ul class="b2b-credit__ways">${ways}</ul></div>` : ""}
			</div>`;
	}

	function way_html(way, n, actions) {
		const label = actions[way.kind];
		const button = label
			? `<button type="button" class="btn btn-xs ${
					way.kind === "approve" ? "btn-primary" : "btn-default"
			  }" data-way="${n}" data-kind="${credit.esc(way.kind)}">${credit.esc(label)}</button>`
			: "";
		const part = way.is_enough ? "" : ` <span class="text-muted">${__("Not enough on its own.")}</span>`;
		return `<li data-kind="${credit.esc(way.kind)}"><span>${credit.esc(
			way.text
		)}${part}</span>${button}</li>`;
	}

	function buttons_html(buttons) {
		if (!buttons.length) return "";
		return `<div class="b2b-credit__buttons">${buttons
			.map(
				(b) =>
					`<button type="button" class="btn btn-sm ${
						b.primary ? "btn-primary" : "btn-default"
					}" data-action="${credit.esc(b.action)}">${credit.esc(b.label)}</button>`
			)
			.join("")}</div>`;
	}

	// Puts a panel above the fields of a form, in place of the one that is there. `handlers`: {action: () => …},
	// with `way(way)` for the ways out.
	credit.show_panel = (frm, state, handlers = {}) => {
		const $panel = $(credit.panel_html(state));
		$panel.on("click", "[data-action]", (event) => {
			handlers[event.currentTarget.dataset.action]?.();
		});
		$panel.on("click", "[data-way]", (event) => {
			handlers.way?.(state.view.ways_out[cint(event.currentTarget.dataset.way)]);
		});
		credit.hide_panel(frm);
		frm.layout.message.after($panel);
		return $panel;
	};

	credit.hide_panel = (frm) => {
		frm.layout?.wrapper.children(".b2b-credit").remove();
	};

	// Runs `load` and draws what it returns, unless the form shows something else by then.
	credit.load_panel = async (frm, load, draw) => {
		const turn = (frm.b2b_turn = (frm.b2b_turn || 0) + 1);
		const name = frm.docname;
		const loaded = await load();
		const hold = loaded?.hold || loaded?.view?.hold || (frm.doctype === "Credit Hold" ? frm.doc : null);
		if (hold) await credit.meet([hold.requested_by, hold.released_by, hold.rejected_by]);
		if (frm.b2b_turn !== turn || frm.docname !== name) return;
		if (loaded) draw(loaded);
		else credit.hide_panel(frm);
	};
})();
