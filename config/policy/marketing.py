"""Sentences 3 to 28 of the policy: its introduction, and the people we would like to sell to.

One entry per published sentence; its key lists the numbers it has in the numbering of the whole policy.
"""

from __future__ import annotations

from typing import Final

SENTENCES: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    (
        "Datenschutzrichtlinie für Firmenkundengeschäft",
        {
            "S3": (
                "Diese Richtlinie wird im Namen der F‑Secure Corporation bereitgestellt und erläutert die "
                "Verarbeitung Ihrer personenbezogenen Daten durch Unternehmen der F‑Secure-Unternehmensgruppe."
            ),
            "S5": (
                "Der Datenverantwortliche für diese Richtlinie ist F‑Secure Corporation, ein finnisches Unternehmen "
                "mit der Geschäfts-ID 0705579-2."
            ),
            "S6": "Unsere Kontaktinformationen finden Sie am Ende dieser Richtlinie.",
            "S7": (
                "Die personenbezogenen Daten der in dieser Richtlinie behandelten natürlichen Personen werden "
                "hauptsächlich erfasst, weil F‑Secure eine Geschäftsbeziehung mit der Organisation, bei der Sie "
                "beschäftigt sind, unterhält oder eingehen möchte."
            ),
            "S8": (
                "Die erfassten Daten und deren Verwendung hängen davon ab, ob bereits eine Geschäftsbeziehung "
                "zwischen F‑Secure und Ihrem Arbeitgeber besteht (siehe Abschnitt KUNDEN UND PARTNER) oder ob wir "
                "keine vorherige Vereinbarung mit Ihrem Arbeitgeber getroffen haben (siehe Abschnitt MARKETING)."
            ),
        },
    ),
    (
        "Marketing – Welche Art von Daten wir über Sie sammeln",
        {
            "S11": (
                "Von Personen, die unsere Website besuchen, erfassen wir Daten über das verwendete Gerät, Ihre "
                "IP-Adresse, die Route, über die Sie auf unsere Website gelangt sind, und Ihre Aktivitäten auf der "
                "Website sowie alle Informationen, die Sie uns über Formulare übermittelt haben."
            ),
            "S13": (
                "Wenn Sie uns Ihre Daten online oder offline über Formulare zur Verfügung stellen, benötigen wir "
                "Ihre folgenden Angaben: Name der Person und des Unternehmens, E-Mail-Adresse, Land, Branche, Größe "
                "des Unternehmens, Telefonnummer und Thema bzw. Dienstleistung, an der Sie interessiert sind."
            ),
            "S15": (
                "Wir können Ihre Daten auch über unsere Diskussionsforen oder andere von F‑Secure gehostete soziale "
                "Netzwerke, Wettbewerbe, Werbeaktionen, Umfragen, Webinare und andere ähnliche Veranstaltungen oder "
                "Interaktionspunkte erfassen."
            ),
            "S16": (
                "Wenn Sie von einem Dritten als Entscheidungsträger oder Beeinflusser identifiziert oder als "
                "solcher in öffentlichen Quellen aufgeführt wurden, erhalten wir in der Regel die folgenden "
                "Informationen über Sie und die von Ihnen vertretene Organisation: Name des Unternehmens, Titel, "
                "Name, Funktion, Sprache, E-Mail, Postleitzahl, Stadt und Staat, Land, Telefonnummer, Branche, "
                "Umsatz und Größe des Unternehmens."
            ),
            "S17": "Wir können solche Daten mit allgemeinen Daten über Ihre Organisation abgleichen.",
        },
    ),
    (
        "Marketing – Für welche Zwecke wir sie verwenden",
        {
            "S19": (
                "Wir erfassen und verarbeiten die Daten, damit wir Ihnen auf der Grundlage Ihrer Position in Ihrer "
                "Organisation Informationen zu den Services zusenden, Kundenumfragen und Wettbewerbe durchführen, "
                "Werbung und Marketing für unsere Services (sowohl personalisiert als auch allgemein) betreiben "
                "sowie ferner Informationen und Know-how über Cybersicherheit und unsere Services weitergeben "
                "können."
            ),
            "S20": (
                "Wir nutzen die erfassten Daten zudem in der Marktforschung sowie der Entwicklung von Produkten, "
                "Services und Geschäftsangeboten."
            ),
            "S21": (
                "Sollten Sie oder die Organisation, die Sie vertreten, unser Kunde werden, führen wir die im "
                "Vorfeld des Verkaufs gesammelten Daten für Sie zusammen, wenn Ihre Organisation unser Kunde wird."
            ),
            "S22": (
                "In diesen Fällen verwenden wir sie gemäß denselben Praktiken, die wir auch bei den Vertretern "
                "unserer Unternehmenskunden und Partner anwenden."
            ),
        },
    ),
    (
        "Marketing – Rechtliche Grundlagen",
        {
            "S24": (
                "Wir erfassen Daten über natürliche Personen in einflussreichen Entscheidungsträgerpositionen in "
                "Unternehmen, die von unseren Services profitieren würden."
            ),
            "S25": (
                "Wir vertreten die Ansicht, dass eine solche Aktivität im berechtigten Interesse sowohl von "
                "F‑Secure als Verkäufer als auch von Ihrem Arbeitgeber als Käufer liegt."
            ),
            "S26": (
                "Wenn das berechtigte Interesse in Bezug auf eine Art der Datenverarbeitung nicht angemessen oder "
                "nicht anwendbar ist, holen wir Ihre ausdrückliche Einwilligung ein."
            ),
            "S27": (
                "So ist beispielsweise die Einwilligung die rechtliche Grundlage für die Verarbeitung von Daten, "
                "die wir von Ihnen bei dem Besuch unserer Websites erfassen."
            ),
            "S28": (
                "Sofern unsere Verarbeitung auf der Grundlage Ihrer Einwilligung geschieht, können Sie Ihre "
                "Einwilligung jederzeit widerrufen."
            ),
        },
    ),
)
