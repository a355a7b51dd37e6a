// Take-over: template, dry run, import; what is wrong stands in the table.
(() => {
	const API = "b2b_contracts.takeover_api";

	frappe.ui.form.on("Take-over Import", {
		setup() {
			frappe.realtime.on("b2b_takeover", ({ name, done, of, ended }) => {
				if (cur_frm?.doctype !== "Take-over Import" || cur_frm.docname !== name) return;
				if (ended) cur_frm.reload_doc();
				else say(cur_frm, __("{0} of {1} customers are taken over.", [done, of]), "orange");
			});
		},
		refresh(frm) {
			const { status, problems, customers } = frm.doc;
			frm.add_custom_button(__("Download template"), () =>
				window.open(`/api/method/${API}.template`)
			);
			say_how_it_stands(frm);
			if (frm.is_new() || frm.is_dirty() || !frm.perm[0]?.write) return;
			if (["Draft", "Checked"].includes(status)) {
				const check = frm.add_custom_button(__("Check"), () => call(frm, "check"));
				if (status === "Draft") check.addClass("btn-primary");
			}
			if (status === "Checked" && customers && !problems.length)
				frm.add_custom_button(__("Import", null, "Take-over Import"), () => start(frm)).addClass("btn-primary");
		},
	});

	const call = async (frm, method) => {
		await frappe.call({ method: `${API}.${method}`, args: { name: frm.doc.name }, freeze: true });
		frm.reload_doc();
	};

	function start(frm) {
		const { customers_new, customers_changed, securities_new, plans_new, company } = frm.doc;
		const sentences = [
			__("{0} profiles are made and {1} changed in {2}. Waiting orders are looked at again.", [
				customers_new,
				customers_changed,
				frappe.utils.escape_html(company),
			]),
		];
		if (securities_new || plans_new)
			sentences.push(
				__("{0} securities are registered and {1} payment plans made as drafts.", [securities_new, plans_new])
			);
		frappe.confirm(sentences.join(" "), () => call(frm, "start"));
	}

	function say_how_it_stands(frm) {
		const { doc } = frm;
		const wrong = doc.problems?.length;
		const found = {
			Draft: () => [__("Download the template, fill it in, attach it and check it."), "blue"],
			Checked: () =>
				wrong
					? [__("{0} problems: correct them in the workbook, attach it again and check it.", [wrong]), "red"]
					: doc.customers_new || doc.customers_changed || doc.securities_new || doc.plans_new
					? [__("Nothing is wrong: it can be imported."), "green"]
					: [__("All of this is here already."), "green"],
			Importing: () => [
				__("{0} of {1} customers are taken over.", [doc.customers_done, doc.customers]),
				"orange",
			],
			Completed: () =>
				wrong
					? [__("{0} customers could not be taken over; the others are.", [wrong]), "orange"]
					: [__("Everything is taken over."), "green"],
		}[doc.status]?.();
		if (found) say(frm, ...found);
	}

	function say(frm, text, colour) {
		frm.set_intro("");
		frm.set_intro(text, colour);
	}
})();
