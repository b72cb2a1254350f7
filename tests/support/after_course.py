"""What a unit of the world has after its courses: an answer and a certificate of one woman, both due of another."""

from datetime import UTC, datetime

import httpx

from libs.values.valid_date import local_date


async def after_course(http: httpx.AsyncClient, sign: str, slug: str) -> None:
    """Of the women who passed a course the first says what she does now and gets her certificate."""
    due = (await http.get("/training/v1/follow-ups")).raise_for_status().json()["items"]
    enrolment = min(row["enrolment_id"] for row in due)
    answer = {"after_months": 3, "on": "2017-08-20", "result": "none"}
    address, seen = f"/training/v1/follow-ups/{enrolment}", {"If-Match": '"0"'}
    (await http.post(address, json=answer, headers=seen)).raise_for_status()
    paper = {
        "enrolment_id": enrolment, "kind": "training", "issuer": f"{sign}人社局", "issued_on": "2017-06-01",
        "certificate_number": f"{slug}-证",
    }  # fmt: skip
    (await http.post("/training/v1/certificates", json=paper)).raise_for_status()


async def counted(http: httpx.AsyncClient, sign: str, slug: str, woman: str) -> None:
    """A class of this year with more heads than are known by name: it stands in the year's shares."""
    day = f"{local_date(datetime.now(UTC)).year}-01-01"
    named = {"title": f"{slug} {sign}编班", "organiser": f"{sign}妇联 {slug}"}
    body = {**named, "trade": "竹编", "first_day": day, "last_day": day, "place": f"甲{sign}寨", "days": 1}
    made = (await http.post("/training/v1/courses", json=body)).raise_for_status().json()
    course, heads = f"/training/v1/courses/{made['id']}", {"participants": 9, "women": 9}
    (await http.post(f"{course}/headcount", json=heads, headers={"If-Match": '"1"'})).raise_for_status()
    (await http.post(f"{course}/enrolments", json={"woman_id": woman, "on": day})).raise_for_status()
