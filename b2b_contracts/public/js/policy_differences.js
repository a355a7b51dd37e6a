// In which terms two policies differ, in the words of the forms on which the terms are entered.
frappe.provide("b2b_contracts.credit");

(() => {
	const credit = b2b_contracts.credit;
	const DOCTYPES = {
		policy: "Credit Policy",
		approval_matrix: "Credit Policy Approval",
		rule_roles: "Credit Policy Rule Role",
		amount_escalation: "Credit Policy Amount Escalation",
		segments: "Credit Segment",
	};

	// Call it before `differences_html`: labels come with the documents.
	credit.meet_terms = async () => {
		await frappe.model.with_doctype("Credit Policy");
		await frappe.model.with_doctype("Credit Segment");
	};

	// Rows of {where, ours, theirs}, beneath the names of the two.
	credit.differences_html = (rows, ours, theirs) => {
		if (!rows.length) return `<p>${__("Nothing: all terms are the same.")}</p>`;
		const lines = rows.map((row) => {
			const [part, term] = words_of(row.where);
			return `<tr><td>${credit.esc(part)}</td><td>${credit.esc(term)}</td><td>${value(
				row.ours
			)}</td><td>${value(row.theirs)}</td></tr>`;
		});
		return `<table class="table b2b-credit__table b2b-credit__terms"><thead><tr><th>${__(
			"Part"
		)}</th><th>${__("Term")}</th><th>${credit.esc(ours)}</th><th>${credit.esc(
			theirs
		)}</th></tr></thead><tbody>${lines.join("")}</tbody></table>`;
	};

	const value = (text) => (text === "" ? "–" : credit.esc(text));

	// "segments C: limit_amount" and its like (backtest/policy_file.py).
	function words_of(where) {
		const [, table, which, field] = where.match(/^(\w+)(?: (.*))?: (\w+)$/) || [null, "", "", where];
		return [part_of(table, which || ""), term_of(table, field)];
	}

	function part_of(table, which) {
		if (table === "segments") return __("Segment {0}", [which]);
		if (table === "approval_matrix") return `${__("Approval matrix")} ${which}`;
		if (table === "amount_escalation") return `${__("Approval by amount")} ${which}`;
		if (table === "rule_roles") {
			const [, rule, rest] = which.match(/^(.*?)((?: [ABC])?(?: [\d.]+)?)$/);
			return `${__("Approval by rule")}: ${__(rule, null, "Credit Hold Reason")}${rest}`;
		}
		return table === "calendar" ? __("Working days") : __("Credit Policy");
	}

	function term_of(table, field) {
		if (table === "calendar") return field === "days_off" ? __("Holidays") : __("Weekly days off");
		if (field === "payment_terms") return __("Payment terms");
		const df = frappe.meta.get_docfield(DOCTYPES[table], field);
		return df ? __(df.label, null, DOCTYPES[table]) : field;
	}
})();
