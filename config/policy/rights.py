"""Sentences 95 to 169 of the policy: how long, how safely, the rights, the addresses, the words.

One entry per published sentence; its key lists the numbers it has in the numbering of the whole policy.
"""

from __future__ import annotations

from typing import Final

SENTENCES: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    (
        "Aufbewahren",
        {
            "S95": (
                "Einmal im Monat entfernen wir aus unseren Direktmarketing-Aufzeichnungen sämtliche Kontakte, die "
                "in den vorigen 24 Monaten nicht auf unsere Nachrichten reagiert oder unsere Webseiten nicht "
                "besucht haben und die nicht mit einem unserer Kunden oder Partner verbunden sind."
            ),
            "S96": (
                "Wenn Sie unser Kunde oder Partner werden, werden die Daten aufbewahrt, solange die Beziehung mit "
                "Ihrer Organisation besteht."
            ),
            "S97": (
                "Die Benutzerdaten in unserem Unternehmenskundenregister werden für die Dauer der Lizenz / des "
                "Abonnements / der Vereinbarung und bis zu fünf Jahre nach Ablauf der letzten Vereinbarung oder des "
                "letzten Abonnements mit dem Kunden oder Partner gespeichert."
            ),
        },
    ),
    (
        "Sicherheit",
        {
            "S101": (
                "Bei der Übertragung, Speicherung oder Verarbeitung Ihrer persönlichen Daten richten wir uns nach "
                "strengen Sicherheitsmaßgaben, um die Vertraulichkeit, Integrität und Verfügbarkeit dieser Daten zu "
                "wahren."
            ),
            "S102": (
                "Wir richten uns nach physischen, administrativen und technischen Sicherheitsmaßgaben, um das "
                "Risiko von Verlust, Missbrauch, unberechtigtem Zugriff, Offenlegung oder Modifizierung Ihrer "
                "persönlichen Daten zu verringern."
            ),
            "S103": (
                "Alle personenbezogenen Daten werden auf sicheren Servern gespeichert, die von F‑Secure oder "
                "unseren Partnern betrieben werden und deren Zugriff auf autorisiertes Personal beschränkt ist."
            ),
        },
    ),
    (
        "Ihre Rechte",
        {
            "S108": (
                "Insbesondere haben Sie folgende Rechte an den personenbezogenen Daten, die wir über Sie "
                "gespeichert haben:"
            ),
        },
    ),
    (
        "Ihre Rechte – Recht auf Auskunft und Berichtigung",
        {
            "S110": (
                "Sie haben das Recht, uns zu fragen, welche personenbezogenen Daten wir über Sie gespeichert haben, "
                "und eine Kopie der Daten zu erhalten, die wir in diesem Kontext als Sie betreffend identifizieren "
                "können."
            ),
            "S112": (
                "Sollten Sie Fehler (z. B. veraltete Informationen) in diesen Daten finden, bitten wir Sie "
                "eindringlich, sich an unseren Kundendienst zu wenden, um das Problem zu beheben."
            ),
            "S113": "Einige unserer Service-Portale ermöglichen es Ihnen, Ihre Kundendaten zu aktualisieren.",
            "S114 S115": (
                "Dazu sollten Sie alle persönlichen Daten, die sich geändert haben, wie z. B. die Adresse oder die "
                "E-Mail-Adresse, aktualisieren."
            ),
            "S116": (
                "Wenn Sie die Änderungen nicht selbst vornehmen können, können Sie uns über die notwendigen "
                "Änderungen informieren."
            ),
        },
    ),
    (
        "Ihre Rechte – Recht auf Einspruch",
        {
            "S118": (
                "Sie haben das Recht, bestimmten Verarbeitungen personenbezogener Daten zu widersprechen, "
                "einschließlich beispielsweise der Verarbeitung Ihrer personenbezogenen Daten zu Marketingzwecken "
                "oder zu anderweitigen Zwecken, für die ein berechtigtes Interesse besteht."
            ),
            "S119": "In letzterem Fall müssen Sie eine rechtsgültige Begründung für Ihren Einspruch vorweisen.",
        },
    ),
    (
        "Ihre Rechte – Recht auf Vergessenwerden",
        {
            "S121": (
                "Sie haben auch das Recht, von uns zu verlangen, die Speicherung Ihrer personenbezogenen Daten "
                "einzustellen und die Daten zu löschen."
            ),
            "S122": "In diesem Fall müssen Sie eine rechtsgültige Begründung für Ihre Forderung vorweisen.",
        },
    ),
    (
        "Ihre Rechte – Recht auf Übertragbarkeit",
        {
            "S124": (
                "Sie haben auch das Recht, die von Ihnen – aufgrund eines Vertrags oder Ihrer Einwilligung – selbst "
                "zur Verfügung gestellten personenbezogenen Daten abzufragen."
            ),
            "S125": (
                "Sie können die Daten in einem strukturierten, gängigen und maschinenlesbaren Format anfordern und "
                "darüber hinaus verlangen, dass die Daten, soweit technisch möglich, an einen anderen "
                "Verantwortlichen übertragen werden."
            ),
        },
    ),
    (
        "Ihre Rechte – Recht auf Zurückziehen der Einwilligung",
        {
            "S127": (
                "In Fällen, in denen die Verarbeitung auf Ihrer Einwilligung beruht, haben Sie das Recht, Ihre "
                "Einwilligung jederzeit über entsprechende Einstellungen zu widerrufen."
            ),
            "S128": (
                "Für identifizierbare Service-Analysedaten finden Sie die Einstellungen in der Benutzeroberfläche "
                "des Services."
            ),
            "S129": (
                "Sie haben auch das Recht, sich über das Preference Center (aufrufbar über den Link) von unserer "
                "Marketingkommunikation abzumelden."
            ),
        },
    ),
    (
        "Ihre Rechte – Recht auf Einschränkung der Verarbeitung",
        {
            "S131": (
                "Wenn Sie feststellen, dass die Daten, die wir über Sie gespeichert haben, unrichtig sind oder "
                "unsere Verwendung der Daten unrechtmäßig ist, können Sie uns auffordern, die weitere Verarbeitung "
                "Ihrer personenbezogenen Daten einzustellen und sie lediglich aufzubewahren, bis das Problem "
                "behoben wurde."
            ),
        },
    ),
    (
        "Ihre Rechte",
        {
            "S132": "Über unsere Kundenbetreuungsfunktion können Sie Ihre Rechte in Anspruch nehmen.",
            "S133": "Die Links zur Kontaktaufnahme mit uns finden Sie im Abschnitt „Kontaktinformationen“.",
            "S134 S135": (
                "Beachten Sie, dass es Situationen geben kann, in denen unsere Vertraulichkeitsverpflichtungen, "
                "unser Recht auf Berufsgeheimnis und/oder unsere Verpflichtungen zur Erbringung unserer Services "
                "(z. B. gegenüber Ihrem Arbeitgeber) uns die Offenlegung oder Löschung Ihrer personenbezogenen "
                "Daten verbieten oder Sie anderweitig an der Ausübung Ihrer Rechte hindern können."
            ),
            "S136": (
                "Ihre oben genannten Rechte sind auch von den rechtlichen Grundlagen abhängig, gemäß denen wir Ihre "
                "personenbezogenen Daten verarbeiten."
            ),
            "S137": (
                "Wenn Sie Beschwerden bezüglich der Verarbeitung Ihrer personenbezogenen Daten haben oder weitere "
                "Informationen wünschen, wenden Sie sich jederzeit an uns."
            ),
            "S138": (
                "Wenn Sie der Meinung sind, dass wir Ihre gesetzlichen Rechte nicht wahrnehmen, haben Sie das "
                "Recht, eine Beschwerde bei einer Aufsichtsbehörde einzureichen."
            ),
            "S139": (
                "In den meisten Fällen ist diese Behörde der finnische Datenschutzbeauftragte (www.tietosuoja.fi)."
            ),
        },
    ),
    (
        "Kontaktinformationen",
        {
            "S142": "F‑Secure Corporation",
            "S143": "Tammasaarenkatu 7",
            "S144": "PL 24",
            "S145": "00181 Helsinki",
            "S146": "Finnland",
            "S148": (
                "Als Kunde für unsere Endverbraucherprodukte kontaktieren Sie uns bitte über f-secure.com/support."
            ),
            "S149": (
                "Als Kunde für unsere Unternehmensprodukte kontaktieren Sie uns bitte über "
                "f-secure.com/corporate-support."
            ),
            "S150": (
                "Sie können den Datenschutzbeauftragten von F‑Secure kontaktieren, indem Sie eine Nachricht an "
                "privacy-office@f-secure.com senden."
            ),
            "S151": (
                "Wenn Sie Ihre Rechte als betroffene Person in Anspruch nehmen möchten, verwenden Sie stattdessen "
                "die oben genannten Links."
            ),
        },
    ),
    (
        "Allgemeines – Definitionen",
        {
            "S158": (
                "„Kunde“ bzw. „Sie“ bezieht sich auf eine Privatperson, einen Unternehmenskunden oder andere "
                "Personen, die unsere Services erwerben, sich für deren Nutzung registrieren oder unsere Services "
                "nutzen, deren Geräte und Datenverkehr durch unsere Services geschützt sind, und die "
                "personenbezogene Informationen an uns weitergeben."
            ),
            "S159": (
                "Diese Informationen können durch Nutzung unserer Services, über Websites, per Telefon, E-Mail oder "
                "Registrierungsformular oder über andere, ähnliche Kanäle an uns weitergegeben worden sein."
            ),
            "S160": (
                "„Personenbezogene Daten“ bezieht sich auf Informationen zu Privatpersonen, die Rückschlüsse auf "
                "diese Personen, ihre Familien oder die in ihrem Haushalt lebenden Personen zulassen."
            ),
            "S161": (
                "In diesen Daten, die wir während der Bereitstellung unserer Services verarbeiten, können Namen, "
                "E-Mail-Adressen und Postanschriften, Telefonnummern, Rechnungs- und Kontodaten sowie weitere, eher "
                "technische Informationen enthalten sein, die mit Ihnen, Ihrem Gerät oder Ihrem/dessen Verhalten "
                "verknüpft werden können."
            ),
            "S163": (
                "„Website“ bezieht sich auf die Website www.f-secure.com oder eine andere von F‑Secure gehostete "
                "oder kontrollierte Website, einschließlich der zugehörigen Unter-Websites und browserbasierten "
                "Serviceportale."
            ),
        },
    ),
    (
        "Allgemeines – Änderungen",
        {
            "S165": "Diese Version der Richtlinie präzisiert, aktualisiert und ersetzt die vorherige Version.",
            "S166": (
                "Um dieses Dokument immer auf dem neuesten Stand zu halten, werden wir es auch in Zukunft von Zeit "
                "zu Zeit ändern und ergänzen."
            ),
            "S167": (
                "Wir veröffentlichen Änderungen am Richtliniendokument auf unserer Website oder auf jedem "
                "Interaktionspunkt, auf dem sie zuvor zur Verfügung gestellt wurde."
            ),
            "S168": (
                "Wenn es sich um bedeutende Änderungen handelt, benachrichtigen wir Sie gegebenenfalls auch "
                "anderweitig."
            ),
            "S169": (
                "Jegliche Änderungen sind ab dem Datum gültig, an dem das geänderte Richtliniendokument "
                "veröffentlicht wird."
            ),
        },
    ),
)
