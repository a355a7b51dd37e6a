// A list: its file is checked, then imported; how far everybody is screened since.
(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.sanctions_api";

	frappe.ui.form.on("Sanctions List", {
		refresh(frm) {
			frm.set_intro("");
			if (frm.is_new()) return;
			say_how_far(frm);
			frm.add_custom_button(__("Entries"), () => {
				frappe.route_options = { sanctions_list: frm.doc.name, status: "Current" };
				frappe.set_route("List", "Sanctions List Entry");
			});
			if (!frm.doc.file || frm.is_dirty() || !frm.perm[0]?.write) return;
			frm.add_custom_button(__("Check the file"), () => check(frm)).addClass("btn-primary");
		},
	});

	async function say_how_far(frm) {
		const { customers, screened } = await frappe.xcall(`${API}.screening_progress`);
		frm.set_intro(
			screened < customers
				? __("{0} of {1} customers are screened since a list changed last.", [screened, customers])
				: __("Every customer is screened since a list changed last."),
			screened < customers ? "orange" : "green"
		);
	}

	async function check(frm) {
		const found = await credit.act(`${API}.check_list`, { name: frm.doc.name });
		const dialog = new frappe.ui.Dialog({
			title: __("What the file says"),
			size: found.problems.length ? "large" : null,
			fields: [{ fieldtype: "HTML", fieldname: "found", options: told(found) }],
			...(found.problems.length
				? {}
				: {
						primary_action_label: __("Import", null, "Sanctions List"),
						async primary_action() {
							dialog.hide();
							await credit.act(`${API}.import_list`, { name: frm.doc.name });
							frappe.show_alert({
								message: __("The list is imported. Every customer is screened again."),
								indicator: "green",
							});
							frm.reload_doc();
						},
				  }),
		});
		dialog.show();
	}

	function told({ entries, added, changed, removed, problems }) {
		if (!problems.length)
			return `<p>${__("{0} entries: {1} are added, {2} changed and {3} taken off.", [
				entries,
				added,
				changed,
				removed,
			])}</p>`;
		const rows = problems.map(
			({ row, column, message }) =>
				`<tr><td>${row || ""}</td><td>${credit.esc(column)}</td><td>${credit.esc(message)}</td></tr>`
		);
		return `<p>${__("Nothing can be imported until this is corrected in the file.")}</p>
			<table class="table b2b-credit__table"><thead><tr><th>${__("Row")}</th><th>${__("Column")}</th>
			<th>${__("What is wrong")}</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
	}
})();
