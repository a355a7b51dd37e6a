// Credit Policy: what it would have done, and its terms as a file to think with.
(() => {
	const credit = b2b_contracts.credit;
	const GROUP = () => __("Back-test");

	frappe.ui.form.on("Credit Policy", {
		refresh(frm) {
			if (frm.is_new()) return;
			if (frappe.model.can_create("Policy Back-test")) {
				frm.add_custom_button(
					__("New back-test"),
					() =>
						frappe.new_doc("Policy Back-test", {
							company: frm.doc.company,
							policy_a: frm.doc.name,
						}),
					GROUP()
				);
			}
			if (frappe.model.can_read("Credit Segment")) {
				frm.add_custom_button(__("Download policy file"), () => download(frm), GROUP());
				frm.add_custom_button(__("Compare with a file"), () => compare(frm), GROUP());
			}
		},
	});

	async function download(frm) {
		const text = await frappe.xcall("b2b_contracts.backtest_api.policy_file", { policy: frm.doc.name });
		const link = document.createElement("a");
		link.href = URL.createObjectURL(new Blob([text], { type: "application/toml" }));
		link.download = `${frm.doc.name}-${frm.doc.version}.toml`;
		link.click();
		URL.revokeObjectURL(link.href);
	}

	// The file is read here and only its text is sent: nothing of it stays on the site.
	function compare(frm) {
		const dialog = new frappe.ui.Dialog({
			title: __("Compare with a file"),
			size: "large",
			fields: [
				{
					fieldtype: "HTML",
					fieldname: "file",
					options: `<p>${__(
						"Choose a policy file (.toml). It is compared with this policy and the segments of today, and not kept."
					)}</p><input type="file" accept=".toml" aria-label="${__("Policy file")}">`,
				},
				{ fieldtype: "HTML", fieldname: "differences" },
			],
		});
		dialog.get_field("file").$wrapper.on("change", "input", async (event) => {
			const [file] = event.currentTarget.files;
			const $place = dialog.get_field("differences").$wrapper.empty();
			if (!file) return;
			const rows = await frappe.xcall("b2b_contracts.backtest_api.compare_policy_file", {
				policy: frm.doc.name,
				text: await file.text(),
			});
			await credit.meet_terms();
			$place.html(credit.differences_html(rows, frm.doc.name, file.name));
		});
		dialog.show();
	}
})();
