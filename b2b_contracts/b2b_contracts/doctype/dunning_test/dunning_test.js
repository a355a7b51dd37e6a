// Dunning Test: the steps to choose from, and what the test has shown.
(() => {
	frappe.ui.form.on("Dunning Test", {
		async refresh(frm) {
			offer_steps(frm);
			if (frm.is_new()) return;
			const field = frm.get_field("results");
			field.$wrapper.html(`<p class="text-muted">${__("Loading...")}</p>`);
			const found = await frappe.xcall("b2b_contracts.dunning_api.test_results", { name: frm.doc.name });
			if (frm.doc.name && !frm.is_new()) field.$wrapper.html(as_html(found, frm.doc));
		},
		flow(frm) {
			frm.set_value("step_code", "");
			offer_steps(frm);
		},
	});

	async function offer_steps(frm) {
		if (!frm.doc.flow) return frm.set_df_property("step_code", "options", []);
		const flow = await frappe.model.with_doc("Dunning Flow", frm.doc.flow);
		const by_person = ["Phone Call", "Account Manager", "Collection Agency"];
		frm.set_df_property(
			"step_code",
			"options",
			flow.steps.filter((row) => !by_person.includes(row.channel)).map((row) => row.step_code)
		);
	}

	function as_html({ variants, against, outcome, sentence }, doc) {
		const text = frappe.utils.escape_html;
		const percent = (value) => (value === null ? "–" : `${format_number(value, null, 1)} %`);
		const range = (low, high) => `${format_number(low, null, 1)} … ${format_number(high, null, 1)}`;
		const rows = variants.map(
			(row) => `<tr data-variant="${text(row.label)}">
				<td><b>${text(row.label)}</b></td>
				<td class="text-right">${row.customers}</td>
				<td class="text-right">${row.over}</td>
				<td class="text-right">${row.paid}</td>
				<td class="text-right">${percent(row.share)}</td>
				<td class="text-right">${row.share === null ? "–" : `${range(row.low, row.high)} %`}</td>
				<td class="text-right">${row.difference ? range(row.difference.low, row.difference.high) : "–"}</td>
				<td class="text-right">${percent(row.paid_amount_share)}</td>
			</tr>`
		);
		const colour = { Winner: "green", "No Difference": "orange" }[outcome] || "blue";
		return `<div class="form-message ${colour}" data-outcome="${text(outcome)}">${text(sentence)}</div>
			<table class="table table-bordered table-sm">
				<thead><tr>
					<th>${__("Variant")}</th>
					<th class="text-right">${__("Customers")}</th>
					<th class="text-right">${__("Had their days")}</th>
					<th class="text-right">${__("Paid within {0} days", [doc.paid_within_days])}</th>
					<th class="text-right">${__("Share that paid")}</th>
					<th class="text-right">${__("95 % interval")}</th>
					<th class="text-right">${__("Points to {0}, 95 %", [text(against)])}</th>
					<th class="text-right">${__("Share of the amount")}</th>
				</tr></thead>
				<tbody>${rows.join("")}</tbody>
			</table>
			<p class="text-muted">${__(
				"A customer counts once, from the day on which the step came to it, by whether everything that was asked for then was paid in time. A winner is named by looks at fixed numbers of customers, not by these intervals."
			)}</p>`;
	}
})();
