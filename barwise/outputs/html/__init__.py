"""A run as one page of HTML that opens offline: its figures, its charts, and where they are from.

`app.js` and `page.css` stand in the page as they are here, and so does the library of charts.
"""
