"""What intake tells: households and who lives in them on a date, applications, and who is in care."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.contracts.envelope import Event, Home, Published

Municipality = Annotated[str, Field(pattern=r"^GM\d{4}$")]
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""No consumer keeps more than 64 bits; a larger number would stop it for ever."""

Cents = Count
SchemeYear = Annotated[int, Field(ge=2_000, le=2_999)]
Scheme = Literal["energy-allowance", "monthly-benefit"]
Tranche = Annotated[int, Field(ge=1, le=99)]
HouseholdType = Literal["single", "single-parent", "couple", "couple-with-children"]
Living = Literal["independent", "institution", "postal-address"]
IncomeSource = Literal["benefit", "wages", "pension", "self-employed", "student-finance", "none"]
BenefitScheme = Literal["none", "pw", "ioaw", "ioaz", "bbz", "aio"]
AgeBand = Literal["0-17", "18-20", "21-26", "27-pension", "pension"]
Role = Literal["applicant", "partner", "child", "resident"]
Channel = Literal["desk", "telephone", "web-form", "post", "partner"]


class Member(Published):
    """A person of a household, known by reference; the birth date stays in the vault, the band is what rules need."""

    person_ref: str
    role: Role
    age_band: AgeBand
    student: bool = False


class HouseholdFacts(Published):
    """What holds for a household from a date on. Income is net, without holiday allowance, in cents per month."""

    municipality: Municipality
    household_type: HouseholdType
    living: Living
    dwelling_ref: str
    income_cents_per_month: Cents
    income_source: IncomeSource
    benefit: BenefitScheme
    members: tuple[Member, ...]


class HouseholdEvent(Event):
    """A fact about one household; `facts` is the whole household as it is from `on`."""

    household_ref: str
    on: date
    facts: HouseholdFacts

    def home(self) -> Home:
        """The household's own stream."""
        return Home(f"intake/household/{self.household_ref}", self.household_ref, self.facts.municipality)


class HouseholdRegistered(HouseholdEvent):
    """A household became known; `split_from` names the household that it came from, if any."""

    TYPE = "nl.sociaaldomein.intake.household-registered.v1"

    split_from: str | None = None


class HouseholdMoved(HouseholdEvent):
    """A household lives at another address, perhaps in another municipality."""

    TYPE = "nl.sociaaldomein.intake.household-moved.v1"

    from_municipality: Municipality


class HouseholdSplit(HouseholdEvent):
    """Persons left a household; `facts` is what remained, the leavers have a household of their own."""

    TYPE = "nl.sociaaldomein.intake.household-split.v1"

    leavers: tuple[str, ...]
    new_household_ref: str


class HouseholdIncomeReported(HouseholdEvent):
    """Income or benefit of a household changed."""

    TYPE = "nl.sociaaldomein.intake.household-income-reported.v1"


class HouseholdMemberBorn(HouseholdEvent):
    """A child was born into a household. `on` is the first day of that month, or the last change if that was later: no birth date."""

    TYPE = "nl.sociaaldomein.intake.household-member-born.v1"

    person_ref: str


class HouseholdMemberDied(HouseholdEvent):
    """A member of a household died; `on` is the last change of the household where `died_on` was before it."""

    TYPE = "nl.sociaaldomein.intake.household-member-died.v1"

    person_ref: str
    died_on: date


class HouseholdMembersLeft(HouseholdEvent):
    """Members went to live in another household that exists; where all did, `facts` has no members and the household has ended."""

    TYPE = "nl.sociaaldomein.intake.household-members-left.v1"

    leavers: tuple[str, ...]
    to_household_ref: str


class HouseholdMembersJoined(HouseholdEvent):
    """Members of another household came to live in this one."""

    TYPE = "nl.sociaaldomein.intake.household-members-joined.v1"

    joiners: tuple[str, ...]
    from_household_ref: str


class AgeBandReached(HouseholdEvent):
    """A member of a household came into the next age band."""

    TYPE = "nl.sociaaldomein.intake.age-band-reached.v1"

    person_ref: str
    age_band: AgeBand


class ClientEvent(Event):
    """A fact on the intake stream of one client."""

    client: str
    household_ref: str
    municipality: Municipality

    def home(self) -> Home:
        """The client's own stream."""
        return Home(f"intake/client/{self.client}", self.client, self.municipality, self.client)


class ApplicationReceived(ClientEvent):
    """A client applied for a scheme; the note, if any, is in the vault under `text_ref`."""

    TYPE = "nl.sociaaldomein.intake.application-received.v1"

    application_ref: str
    scheme: Literal["energy-allowance"]
    scheme_year: SchemeYear
    channel: Channel
    received_on: date
    text_ref: str | None = None


class IntakeAccepted(ClientEvent):
    """A client is in care from `accepted_on`; handover opens the baton."""

    TYPE = "nl.sociaaldomein.intake.intake-accepted.v1"

    route: Literal["standard", "integral"]
    accepted_on: date


IntakeEvent = (
    HouseholdRegistered
    | HouseholdMoved
    | HouseholdSplit
    | HouseholdIncomeReported
    | HouseholdMemberBorn
    | HouseholdMemberDied
    | HouseholdMembersLeft
    | HouseholdMembersJoined
    | AgeBandReached
    | ApplicationReceived
    | IntakeAccepted
)
