// Imports of a workbook: template, dry run, import; what is wrong stands in the table.
frappe.provide("b2b_contracts.credit");

// `words` are the sentences of one kind of import: progress(done, of), question(doc), something_to_do(doc), failed(number).
b2b_contracts.credit.import_form = ({ doctype, api, event, entries, done, words }) => {
	frappe.ui.form.on(doctype, {
		setup() {
			frappe.realtime.on(event, ({ name, done: number, of, ended }) => {
				if (cur_frm?.doctype !== doctype || cur_frm.docname !== name) return;
				if (ended) cur_frm.reload_doc();
				else say(cur_frm, words.progress(number, of), "orange");
			});
		},
		refresh(frm) {
			const { status, problems } = frm.doc;
			frm.add_custom_button(__("Download template"), () => window.open(`/api/method/${api}.template`));
			say_how_it_stands(frm);
			if (frm.is_new() || frm.is_dirty() || !frm.perm[0]?.write) return;
			if (["Draft", "Checked"].includes(status)) {
				const check = frm.add_custom_button(__("Check"), () => call(frm, "check"));
				if (status === "Draft") check.addClass("btn-primary");
			}
			if (status === "Checked" && frm.doc[entries] && !problems.length)
				frm.add_custom_button(__("Import", null, "Take-over Import"), () =>
					frappe.confirm(words.question(frm.doc), () => call(frm, "start"))
				).addClass("btn-primary");
		},
	});

	const call = async (frm, method) => {
		await frappe.call({ method: `${api}.${method}`, args: { name: frm.doc.name }, freeze: true });
		frm.reload_doc();
	};

	function say_how_it_stands(frm) {
		const { doc } = frm;
		const wrong = doc.problems?.length;
		const found = {
			Draft: () => [__("Download the template, fill it in, attach it and check it."), "blue"],
			Checked: () =>
				wrong
					? [__("{0} problems: correct them in the workbook, attach it again and check it.", [wrong]), "red"]
					: words.something_to_do(doc)
					? [__("Nothing is wrong: it can be imported."), "green"]
					: [__("All of this is here already."), "green"],
			Importing: () => [words.progress(doc[done], doc[entries]), "orange"],
			Completed: () => (wrong ? [words.failed(wrong), "orange"] : [__("Everything is taken over."), "green"]),
		}[doc.status]?.();
		if (found) say(frm, ...found);
	}

	function say(frm, text, colour) {
		frm.set_intro("");
		frm.set_intro(text, colour);
	}
};
