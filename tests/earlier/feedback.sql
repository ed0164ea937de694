BEGIN TRANSACTION;
CREATE TABLE feedback (
    id text primary key, time text not null, rating text not null, reason text not null,
    question text not null, answer text not null, citations text not null, who text not null
);
INSERT INTO "feedback" VALUES('
efc9be0931494e7f9d9182a0d8fd13d4','2026-11-27T23:13:52+00:00','up','','问？','答','[]','');
COMMIT;
