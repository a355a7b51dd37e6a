// A decision as it was logged: every rule with what it measured and allowed, and its place in the chain.
(() => {
	const credit = b2b_contracts.credit;

	// What the panel above the form says already.
	const TOLD = [
		"amount",
		"decided_by",
		"decided_on",
		"kind",
		"mode",
		"outcome",
		"reference_doctype",
		"reference_name",
		"section_evidence",
		"section_payload",
	];

	frappe.ui.form.on("Credit Decision", {
		async refresh(frm) {
			frm.disable_save();
			await credit.meet([frm.doc.decided_by]);
			frm.toggle_display(TOLD, false);
			const payload = JSON.parse(frm.doc.payload || "{}");
			const links = JSON.parse(frm.doc.links || "{}");
			credit.hide_panel(frm);
			const $panel = $(`<section class="b2b-credit b2b-credit--${
				credit.STATUS_COLOUR[frm.doc.outcome] || "gray"
			}">
				${head_html(frm)}${reason_html(links)}${figures_html(frm, payload)}${rules_html(frm, payload)}
				${ways_html(frm, payload)}${links_html(links)}${chain_html(frm)}
			</section>`);
			frm.layout.message.after($panel);
		},
	});

	const money = (frm, amount) => credit.money(amount, currency_of(frm));
	const currency_of = (frm) => frappe.get_doc(":Company", frm.doc.company)?.default_currency;

	function head_html({ doc }) {
		return `<header class="b2b-credit__head">
			${credit.pill(__(doc.outcome, null, "Credit Decision"), credit.STATUS_COLOUR[doc.outcome] || "gray")}
			<span class="b2b-credit__headline">${credit.esc(__(doc.kind, null, "Credit Decision"))}: ${credit.link(
			doc.reference_doctype,
			doc.reference_name
		)}</span>
			<span class="b2b-credit__asides"><span>${credit.person(doc.decided_by)}</span>
			<span>${credit.esc(frappe.datetime.str_to_user(doc.decided_on))}</span>
			<span>${credit.link("Credit Policy", doc.policy)} ${__("version {0}", [cint(doc.policy_version)])}</span>
			${doc.mode === "Observe" ? `<span>${__("Observed only")}</span>` : ""}</span></header>`;
	}

	const reason_html = (links) =>
		links.reason ? `<div class="b2b-credit__notes"><p>${credit.esc(links.reason)}</p></div>` : "";

	function figures_html(frm, payload) {
		if (payload.net_exposure === undefined) return "";
		const figures = [
			[__("Used before"), money(frm, payload.exposure_before), payload.utilisation_before],
			[__("This document"), money(frm, frm.doc.amount)],
			[__("Secured"), money(frm, payload.secured)],
			[__("Used after"), money(frm, payload.net_exposure), payload.utilisation_after],
		];
		if (payload.required_role) {
			const roles = [payload.required_role, payload.then_role].filter(Boolean);
			figures.push([__("Needed"), credit.esc(roles.map((role) => __(role)).join(", "))]);
		}
		if (payload.acted_as) figures.push([__("Acted as"), credit.esc(__(payload.acted_as))]);
		if (payload.advice)
			figures.push([__("Credit advice"), credit.esc(__(payload.advice, null, "Credit Hold"))]);
		return `<dl class="b2b-credit__figures">${figures
			.map(
				([label, value, share]) =>
					`<div><dt>${label}</dt><dd>${value} ${
						share === undefined || share === null ? "" : `<small>${ratio(share)}</small>`
					}</dd></div>`
			)
			.join("")}</dl>`;
	}

	// Ratios are kept as text so that nothing is lost; "infinite" over a limit of nothing.
	const ratio = (text) => (text === "infinite" ? "∞" : credit.esc(credit.percent(Number(text) * 100)));

	function measured(frm, value, unit) {
		if (value === null || value === undefined || value === "") return "–";
		if (value === "infinite") return "∞";
		if (unit === "percent") return credit.esc(credit.percent(Number(value)));
		if (unit === "amount") return money(frm, value);
		if (unit === "date") return credit.esc(frappe.datetime.str_to_user(value));
		if (value === true) return __("Yes", null, "Credit Profile");
		if (value === false) return __("No", null, "Credit Profile");
		return credit.esc(value);
	}

	function rules_html(frm, payload) {
		const rules = payload.rules || [];
		if (!rules.length) return "";
		const rows = rules.map((rule) => {
			const fired = Boolean(rule.action);
			const outcome = fired
				? credit.pill(__(rule.action, null, "Credit Hold"), rule.action === "Stop" ? "red" : "orange")
				: rule.waived
				? credit.pill(__("Waived"), "gray")
				: credit.pill(__("Passed"), "green");
			return `<tr class="${fired ? "" : "text-muted"}"><td>${credit.esc(
				__(rule.rule, null, "Credit Hold Reason")
			)}</td>
				<td class="text-right">${measured(frm, rule.measured, rule.unit)}</td>
				<td class="text-right">${measured(frm, rule.threshold, rule.unit)}</td><td>${outcome}</td></tr>`;
		});
		return `<table class="table b2b-credit__table"><thead><tr><th>${__(
			"Rule",
			null,
			"Credit Hold Reason"
		)}</th><th class="text-right">${__("Measured")}</th>
			<th class="text-right">${__("Allowed")}</th><th>${__("Outcome")}</th></tr></thead><tbody>${rows.join(
			""
		)}</tbody></table>`;
	}

	function ways_html(frm, payload) {
		const words = {
			pay: __("Pay"),
			reduce: __("Cut the order by"),
			prepay: __("Prepay"),
			secure: __("Secure"),
			shorten_terms: __("Shorten the payment terms"),
			add_po: __("Enter the purchase order number"),
			assess: __("Create a credit profile"),
			review: __("Review the limit"),
			lift: __("Lift the hold on the customer"),
			approve: __("Approval"),
		};
		const ways = (payload.ways_out || []).map((way) => {
			const amount =
				way.amount === null || way.amount === undefined ? "" : ` ${money(frm, way.amount)}`;
			const until = way.until ? ` (${credit.esc(frappe.datetime.str_to_user(way.until))})` : "";
			const role =
				way.kind === "approve" && payload.required_role
					? `: ${credit.esc(__(payload.required_role))}`
					: "";
			const part = way.is_enough
				? ""
				: ` <span class="text-muted">(${__("not enough on its own")})</span>`;
			return `<li>${credit.esc(words[way.kind] || way.kind)}${amount}${until}${role}${part}</li>`;
		});
		return ways.length
			? `<h6 class="b2b-credit__title">${__(
					"Ways out"
			  )}</h6><ul class="b2b-credit__reasons">${ways.join("")}</ul>`
			: "";
	}

	// Documents that were looked at. They are not part of what is hashed: a customer may be renamed.
	function links_html(links) {
		const parts = [];
		for (const [doctype, found] of Object.entries(links)) {
			if (doctype === "reason") continue;
			for (const one of Array.isArray(found) ? found : [found]) {
				parts.push(credit.link(doctype, Array.isArray(one) ? one[0] : one));
			}
		}
		return parts.length ? `<p class="b2b-credit__line">${__("Looked at")}: ${parts.join(", ")}</p>` : "";
	}

	function chain_html({ doc }) {
		return `<details class="b2b-credit__chain"><summary>${__("Decision {0} of its chain", [
			cint(doc.sequence),
		])}</summary>
			<dl><dt>${__("Chain")}</dt><dd>${credit.esc(doc.gate)}</dd><dt>${__(
			"Hash before"
		)}</dt><dd><code>${credit.esc(doc.previous_hash)}</code></dd>
			<dt>${__("Hash")}</dt><dd><code>${credit.esc(doc.hash)}</code></dd></dl>
			<pre>${credit.esc(doc.payload)}</pre></details>`;
	}
})();
