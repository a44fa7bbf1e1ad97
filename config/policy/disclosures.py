"""Sentences 64 to 93 of the policy: who else receives the data, and where we get it from.

One entry per published sentence; its key lists the numbers it has in the numbering of the whole policy.
"""

from __future__ import annotations

from typing import Final

SENTENCES: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    (
        "Übertragungen und Offenlegungen",
        {
            "S64": (
                "Personenbezogene Daten werden hauptsächlich von der lokalen Niederlassung von F‑Secure "
                "verarbeitet, mit der Sie in der Regel interagieren."
            ),
            "S65": (
                "Neben der lokalen Verarbeitung ist der häufigste Grund für den Informationsaustausch zwischen "
                "verschiedenen F‑Secure-Niederlassungen, dass wir Ihnen einen effizienten Service bieten und unsere "
                "wechselseitige Beziehung verwalten können."
            ),
            "S66": "Hier finden Sie die Liste unserer lokalen Niederlassungen.",
            "S67": (
                "Personenbezogene Daten können auch den Channelpartnern von F‑Secure in angemessenem Umfang zur "
                "Verfügung gestellt werden, wenn die Offenlegung der Daten für die entsprechenden Zwecke der "
                "Datenverarbeitung (wie oben angegeben) erforderlich ist."
            ),
            "S68": (
                "Wenn Sie zum Beispiel am Kauf unserer Services interessiert sind, stellen wir diese Informationen "
                "unserem regionalen Reseller-Partner zur Verfügung."
            ),
            "S69": (
                "Einige der verbundenen Unternehmen, Unterauftragnehmer und Vertriebspartner von F‑Secure befinden "
                "sich außerhalb des Europäischen Wirtschaftsraums (EWR)."
            ),
            "S70": (
                "Selbst wenn die Daten innerhalb des EWR gespeichert werden, können sie auch von unseren außerhalb "
                "des EWR tätigen Mitarbeitern, die für uns oder einen unserer Zulieferer arbeiten, verarbeitet "
                "werden."
            ),
            "S71": (
                "Diese Mitarbeiter können unter anderem mit der Abwicklung Ihrer Bestellung, der Bearbeitung Ihrer "
                "Zahlungsdaten oder der Bereitstellung von unterstützenden Services befasst sein."
            ),
            "S72 S73": (
                "Wenn personenbezogene Daten aus dem EWR aus diesem heraus übertragen werden, verpflichtet sich "
                "F‑Secure zur Wahrung von deren Sicherheit und Integrität durch den Einsatz geeigneter Maßnahmen "
                "gemäß den gesetzlichen Bestimmungen und durch die Auferlegung von geeigneten vertraglichen "
                "Schutzmaßnahmen für diese Datenimporteure (z. B. durch die Einhaltung der von der Europäischen "
                "Union genehmigten Datenübermittlungsbestimmungen)."
            ),
        },
    ),
    (
        "Drittanbieter",
        {
            "S76 S77 S78": (
                "Wir arbeiten auch eng mit Dritten zusammen (einschließlich z. B. Geschäftspartnern, "
                "Unterauftragnehmern in den Bereichen technische Services, Zahlungs- und Bereitstellungsservices, "
                "Werbenetzwerken, Analytikanbietern, Anbietern von Suchinformationen, Auskunfteien) und erhalten "
                "von diesen möglicherweise Informationen über Sie."
            ),
            "S79": (
                "Diese Anbieter haben diese Informationen aus privaten oder öffentlichen Quellen oder direkt von "
                "Ihnen gesammelt."
            ),
        },
    ),
    (
        "Sonstige Verwendung und Offenlegung",
        {
            "S83": (
                "Es kann Fälle geben, die nicht durch diese Datenschutzrichtlinie abgedeckt sind, und in denen die "
                "Verwendung oder Offenlegung von persönlichen Daten gerechtfertigt oder zulässig sein kann oder in "
                "denen wir durch geltende Gesetze verpflichtet sind, die Informationen offenzulegen, ohne Ihre "
                "Zustimmung einzuholen oder unabhängig von der Servicebereitstellung."
            ),
            "S84": (
                "Beispiele sind das Befolgen eines Gerichtsbeschlusses oder einer von den zuständigen Behörden "
                "erlassenen Anordnung, um die Herausgabe von Daten zu erzwingen."
            ),
            "S85": (
                "Ebenso kann es andere Umstände geben, bei denen ein begründetes und rechtmäßiges Interesse daran "
                "besteht, begrenzte Mengen von Informationen an Dritte weiterzugeben."
            ),
            "S86": (
                "Beispiele für solche Offenlegungen sind Fälle, in denen wir uns vor Haftungsrisiken schützen oder "
                "betrügerische Aktivitäten verhindern müssen, in denen dies notwendig ist, um ein anhaltendes "
                "Problem zu beheben oder einzudämmen, oder in denen wir der rechtmäßigen Informationspflicht "
                "gegenüber unsereren Versicherern oder staatlichen Aufsichtsbehörden nachkommen müssen."
            ),
            "S88 S89": (
                "Möglicherweise müssen wir Ihre personenbezogenen Daten auch im Rahmen einer "
                "Unternehmenstransaktion weitergeben, wie z. B. bei einem Verkauf, einer Fusion, einer "
                "Ausgliederung oder einer anderen Unternehmensreorganisation von F‑Secure."
            ),
            "S90": (
                "In diesem Fall werden die Informationen im Rahmen des normalen Geschäftsbetriebs an die neue "
                "Kontrollinstanz übergeben."
            ),
            "S91": (
                "Die F‑Secure-Gruppe legt Daten intern offen und überträgt diese, wie es unser zu dem Zeitpunkt "
                "gültiges Betriebsmodell erfordert."
            ),
            "S92": (
                "Wir beschränken die interne Offenlegung jedoch auf diejenigen Unternehmen, Einheiten, Teams und "
                "Einzelpersonen der Gruppe, die diese Informationen für die beabsichtigten Zwecke der Verarbeitung "
                "benötigen."
            ),
            "S93": (
                "Wir wägen jede Offenlegungspflicht sorgfältig ab und ziehen die Möglichkeit solcher "
                "Offenlegungsanfragen in Betracht, wenn wir darüber entscheiden, wo und wie wir Ihre "
                "personenbezogene Daten speichern."
            ),
        },
    ),
)
