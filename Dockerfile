FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /srv/obhut

COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes --requirement requirements.txt

COPY . .
# DEBUG only for this one command: collecting files needs no secret, and the image holds none.
RUN DEBUG=true python manage.py collectstatic --noinput \
    && useradd --system --uid 10001 --home-dir /srv/obhut obhut \
    && mkdir -p var/uploads /var/lib/obhut/journal /var/lib/obhut/beat \
    && chown -R obhut var /var/lib/obhut

USER obhut
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", "--no-control-socket"]
