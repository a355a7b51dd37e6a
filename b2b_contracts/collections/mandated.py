"""What every approval within a mandate has in common: the gate at which it stands in line, and its entry in the decision log."""

from decimal import Decimal

from b2b_contracts.credit import cases, gates, log, mandates, policies


def lock_gate(doc) -> gates.Gate:
	"""Lock the gate of a document's customer in its company, so that two approvals stand in line; the company's without a policy."""
	policy = policies.active(doc.company)
	if policy is None:
		return gates.lock(gates.COMPANY, doc.company)
	return gates.lock(*cases.standing_of(policy, doc.customer, doc.company).gate_key)


def log_approval(
	doc, gate: gates.Gate, acting: mandates.Acting, action: str, amount: Decimal, **said: object
) -> None:
	"""Write the approval of a document over an amount (company currency) to the decision log, with what is said of it; without a
	policy there is none."""
	policy = policies.active(doc.company)
	if policy is None:
		return
	log.append(
		gate,
		log.Entry(
			kind=log.APPROVE,
			outcome="Approved",
			customer=doc.customer,
			company=doc.company,
			policy=policy,
			reference_doctype=doc.doctype,
			reference_name=doc.name,
			amount=amount,
			payload={
				"action": action,
				"currency": doc.currency,
				**said,
				"required_role": doc.required_role,
				"acted_as": acting.role,
				"as_deputy": bool(acting.in_stead_of),
			},
			links={"in_stead_of": acting.in_stead_of},
		),
	)
