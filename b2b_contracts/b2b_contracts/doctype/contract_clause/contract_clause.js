// Contract Clause: what its wordings may name.
frappe.ui.form.on("Contract Clause", {
	async refresh(frm) {
		const { $wrapper } = frm.fields_dict.names_help;
		const { values, rows } = await frappe.xcall("b2b_contracts.contract_texts_api.words_for_clauses");
		const code = (text) => `<code>${frappe.utils.escape_html(text)}</code>`;
		const lists = Object.entries(rows).map(
			([name, fields]) => `<p>${code(`{% for row in ${name} %}…{% endfor %}`)}: ${fields.map((field) => code(`{{ row.${field} }}`)).join(" ")}</p>`
		);
		$wrapper.html(`<details class="small text-muted"><summary>${__("What a text may name")}</summary>
			<p>${values.map((name) => code(`{{ ${name} }}`)).join(" ")}</p>
			<p>${__("Only where it is there:")} ${code("{% if venue %}…{% endif %}")}</p>${lists.join("")}
			<p>${__("Any other word is asked for by a question of the template.")}</p></details>`);
	},
});
