"""What a unit of the world has after its courses: an answer and a certificate of one woman, both due of another."""

import httpx


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
